// Package grading gives points in the cell that checks an exercise. Where a grader runs the cell, each line of points carries
// a seal that only the check itself can make.
package grading

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
)

// key is the grader's, drawn for this one run of this one cell. Go initialises an imported package before the package that
// imports it, so the file is read, and gone, before any line of the notebook runs.
var key = take(os.Getenv("MNISTKIT_GRADING"))

func take(file string) []byte {
	secret, err := os.ReadFile(file)
	if err != nil || os.Remove(file) != nil { // a key that others could read as well is none
		return nil
	}
	return secret
}

// Check is the check of one exercise. Its zero value has given no points yet.
//
//	var check grading.Check
//	check.That(2, mlp.BatchSize == 32, "mlp has batches of %d; give it 32", mlp.BatchSize)
type Check struct{ points float64 }

// That gives points if something holds. If not, it tells what is wrong, in a sentence for the student. A grader counts it
// only where the cell itself calls it, not a function that the cell calls.
func (c *Check) That(points float64, holds bool, wrong string, args ...any) bool {
	if holds {
		c.points += points
		fmt.Printf("✓ %g\n", points)
	} else {
		fmt.Printf("✗ 0 of %g: %s\n", points, fmt.Sprintf(wrong, args...))
	}
	if key != nil && caller() == "main.main" {
		fmt.Println(sealed(key, c.points))
	}
	return holds
}

// caller is the function that calls That, also where the compiler has put it into another one.
func caller() string {
	var pcs [1]uintptr
	runtime.Callers(3, pcs[:])
	frame, _ := runtime.CallersFrames(pcs[:]).Next()
	return frame.Function
}

// sealed is the line that a grader looks for. The seal is about the points, so whoever reads it learns nothing about others.
func sealed(key []byte, points float64) string {
	said := fmt.Sprintf("PASS %g", points)
	seal := hmac.New(sha256.New, key)
	seal.Write([]byte(said))
	return fmt.Sprintf("%s %x", said, seal.Sum(nil))
}

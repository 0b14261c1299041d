package grading

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSeal(t *testing.T) {
	// echo -n 'PASS 1.5' | openssl dgst -sha256 -hmac secret
	want := "PASS 1.5 02718b6b12968d7b51c13e88c5682326c78f436205908842ee54494669de2f53"
	if got := sealed([]byte("secret"), 1.5); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestKeyIsTakenOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := take(file); string(got) != "secret" {
		t.Errorf("took %q", got)
	}
	if got := take(file); got != nil {
		t.Errorf("took %q a second time", got)
	}
}

// A test is not the cell, as a function of the submission is not.
func TestOnlyTheCellSeals(t *testing.T) {
	key = []byte("secret")
	defer func() { key = nil }()
	read, write, _ := os.Pipe()
	stdout := os.Stdout
	os.Stdout = write
	var check Check
	check.That(1, true, "")
	os.Stdout = stdout
	write.Close()
	said := make([]byte, 100)
	if n, _ := read.Read(said); string(said[:n]) != "✓ 1\n" {
		t.Errorf("said %q", said[:n])
	}
}

// Package pipeline moves examples one by one from a slice, a file or a
// function to a training, as tf.data does: map, filter, shuffle, batch,
// prefetch.
//
//	lines := pipeline.Lines("reviews.txt").Take(1000).Shuffle(100, 1)
//	words := pipeline.Map(lines, func(s string) (int, error) { return len(strings.Fields(s)), nil })
//	for n, err := range words { … }
//
// A pipeline reads nothing before the range loop asks for it, and each loop
// starts from the beginning. An error ends the loop.
package pipeline

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
)

// Pipeline gives values one by one; range over it. A source of your own is such a
// function, which ends when yield says false, and after an error.
type Pipeline[T any] func(yield func(T, error) bool)

// From gives the values of a slice.
//
//	pipeline.From(1, 2, 3)
func From[T any](values ...T) Pipeline[T] {
	return func(yield func(T, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// Map changes each value; the first error of f ends the pipeline.
//
//	pipeline.Map(lines, strconv.Atoi)
func Map[T, U any](p Pipeline[T], f func(T) (U, error)) Pipeline[U] {
	return func(yield func(U, error) bool) {
		each(p, yield, func(v T) bool {
			u, err := f(v)
			return yield(u, err) && err == nil
		})
	}
}

// Filter leaves out the values for which keep is false.
//
//	lines.Filter(func(s string) bool { return s != "" })
func (p Pipeline[T]) Filter(keep func(T) bool) Pipeline[T] {
	return func(yield func(T, error) bool) {
		each(p, yield, func(v T) bool { return !keep(v) || yield(v, nil) })
	}
}

// Take gives the first n values and reads no more.
//
//	lines.Take(5)
func (p Pipeline[T]) Take(n int) Pipeline[T] {
	if n < 0 {
		return failed[T](fmt.Errorf("pipeline.Take: the first %d values are none; give at least 0, or leave it out for all", n))
	}
	return func(yield func(T, error) bool) {
		left := n
		if left == 0 {
			return
		}
		each(p, yield, func(v T) bool {
			left--
			return yield(v, nil) && left > 0
		})
	}
}

// Skip leaves out the first n values.
//
//	lines.Skip(1)
func (p Pipeline[T]) Skip(n int) Pipeline[T] {
	if n < 0 {
		return failed[T](fmt.Errorf("pipeline.Skip: %d values cannot be left out; give at least 0", n))
	}
	return func(yield func(T, error) bool) {
		left := n
		each(p, yield, func(v T) bool {
			left--
			return left >= 0 || yield(v, nil)
		})
	}
}

// Repeat goes through the pipeline n times; with 0 it does not end.
//
//	lines.Repeat(2)
func (p Pipeline[T]) Repeat(n int) Pipeline[T] {
	if n < 0 {
		return failed[T](fmt.Errorf("pipeline.Repeat: %d times is never; give at least 1, or 0 to go on without end", n))
	}
	return func(yield func(T, error) bool) {
		for i := 0; n == 0 || i < n; i++ {
			empty := true // it would go on for ever
			ended := each(p, yield, func(v T) bool {
				empty = false
				return yield(v, nil)
			})
			if !ended || empty {
				return
			}
		}
	}
}

// Shuffle draws each value from a buffer of the next values, as tf.data does.
// Only a buffer as large as the data mixes them completely. The seed decides the
// order, which is the same in each loop.
//
//	lines.Shuffle(1000, 1)
func (p Pipeline[T]) Shuffle(buffer int, seed uint64) Pipeline[T] {
	if buffer < 1 {
		return failed[T](fmt.Errorf("pipeline.Shuffle: a buffer of %d holds nothing; give at least 1", buffer))
	}
	return func(yield func(T, error) bool) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var waiting []T
		ended := each(p, yield, func(v T) bool {
			if len(waiting) < buffer {
				waiting = append(waiting, v)
				return true
			}
			i := rng.IntN(buffer)
			v, waiting[i] = waiting[i], v
			return yield(v, nil)
		})
		if !ended {
			return
		}
		rng.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
		From(waiting...)(yield)
	}
}

// Batch puts n values together. The last batch may be smaller; dropRemainder
// leaves it out then.
//
//	for batch, err := range pipeline.Batch(lines, 32, false) { … }
func Batch[T any](p Pipeline[T], n int, dropRemainder bool) Pipeline[[]T] {
	if n < 1 {
		return failed[[]T](fmt.Errorf("pipeline.Batch: batches of %d hold nothing; give at least 1", n))
	}
	return func(yield func([]T, error) bool) {
		var batch []T
		ended := each(p, yield, func(v T) bool {
			if batch = append(batch, v); len(batch) < n {
				return true
			}
			whole := batch
			batch = nil
			return yield(whole, nil)
		})
		if ended && len(batch) > 0 && !dropRemainder {
			yield(batch, nil)
		}
	}
}

// Prefetch prepares up to n values ahead while the loop works on earlier ones. n
// is at most 65,536. When the loop ends, it waits for the value that is being
// prepared, and then the preparation ends too.
//
//	pipeline.Batch(lines, 32, false).Prefetch(2)
func (p Pipeline[T]) Prefetch(n int) Pipeline[T] {
	type item struct {
		value T
		err   error
	}
	if n < 1 {
		return failed[T](fmt.Errorf("pipeline.Prefetch: %d values ahead are none; give at least 1", n))
	}
	if most := 1 << 16; n > most {
		return failed[T](fmt.Errorf("pipeline.Prefetch: %d values ahead are too many to keep; give at most %d, such as 2", n, most))
	}
	return func(yield func(T, error) bool) {
		ready := make(chan item, n)
		var stop atomic.Bool
		go func() {
			defer close(ready)
			for v, err := range p {
				if ready <- (item{v, err}); stop.Load() {
					return
				}
			}
		}()
		defer func() {
			stop.Store(true)
			for range ready { // makes room for the value that is being prepared
			}
		}()
		for it := range ready {
			if !yield(it.value, it.err) {
				return
			}
		}
	}
}

// Collect gives all values in a slice.
//
//	rows, err := pipeline.Collect(table)
func Collect[T any](p Pipeline[T]) ([]T, error) {
	var list []T
	for v, err := range p {
		if err != nil {
			return list, err
		}
		list = append(list, v)
	}
	return slices.Clip(list), nil
}

// each hands the values of p to use until that returns false, and an error of p to yield. It says whether
// it came to the end of p.
func each[T, U any](p Pipeline[T], yield func(U, error) bool, use func(T) bool) (ended bool) {
	for v, err := range p {
		if err != nil {
			var none U
			yield(none, err)
			return false
		}
		if !use(v) {
			return false
		}
	}
	return true
}

// failed gives nothing but an error.
func failed[T any](err error) Pipeline[T] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

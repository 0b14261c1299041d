package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// lock keeps two set-ups of the same checkout apart; the second one waits. The system drops the lock
// when the process ends, however it ends.
func (p *project) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(p.tools(), 0o755); err != nil {
		return nil, fmt.Errorf("cannot write in the checkout: %w; make %s writable", err, p.root)
	}
	file, err := os.OpenFile(p.tools("setup.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot write in the checkout: %w; make %s writable", err, p.root)
	}
	for waiting := false; tryLock(file); waiting = true {
		if !waiting {
			fmt.Println("Another set-up of this checkout is at work; waiting for it.")
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return func() { file.Close() }, nil
}

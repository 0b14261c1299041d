package main

import (
	"context"
	"fmt"

	"gonblabs/mnistkit/files"
)

// lock keeps two set-ups of the same checkout apart; the second one waits. The system drops the lock
// when the process ends, however it ends.
func (p *project) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = files.Lock(ctx, p.tools("setup.lock"), func() {
		fmt.Println("Another set-up of this checkout is at work; waiting for it.")
	})
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("cannot write in the checkout: %w; make %s writable", err, p.root)
	}
	return unlock, err
}

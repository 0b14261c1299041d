package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"

	"gonblabs/mnistkit/files"
)

func tensorBoardVerb(p *project, fs *flag.FlagSet) action {
	setup := p.optionFlags(fs)
	port := fs.Int("port", 6006, "`number` of the port")
	folder := fs.String("logdir", p.runs(), "`folder` of the runs")
	return func(ctx context.Context, _ []string) error {
		if *port < 1 || *port > 65535 {
			return usageError(fmt.Sprintf("--port %d is not a port; give one from 1 to 65535.", *port))
		}
		if info, err := os.Stat(files.Home(*folder)); err != nil || !info.IsDir() {
			return fmt.Errorf("there are no runs at %s yet; train one with the callback kit.TensorBoard{}", *folder)
		}
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
		if err != nil {
			return fmt.Errorf("port %d is in use, perhaps by another TensorBoard; end that one or choose another with --port", *port)
		}
		_ = listener.Close()
		setup.board = true
		if err := p.setUp(ctx, *setup); err != nil {
			return err
		}
		return become([]string{p.program("python"), p.path("kernel-setup", "py", "board.py"), files.Home(*folder), fmt.Sprint(*port)}, os.Environ())
	}
}

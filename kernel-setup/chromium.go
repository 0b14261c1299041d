package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

// ensureChromium finds a Chromium for the browser tests, or installs one.
func (p *project) ensureChromium(ctx context.Context, status func(string)) (string, error) {
	if found := p.findChromium(); found != "" {
		return found, nil
	}
	status("installing Chromium")
	if _, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() == 0 {
		for _, arguments := range [][]string{{"update", "-q"}, {"install", "-q", "-y", "--no-install-recommends", "chromium"}} {
			if _, err := output(with(p.command(ctx, "apt-get", arguments...), "DEBIAN_FRONTEND=noninteractive")); err != nil {
				break
			}
		}
	} else {
		_, _ = output(p.python(ctx, "-m", "playwright", "install", "chromium"))
	}
	if found := p.findChromium(); found != "" {
		return found, nil
	}
	return "", errors.New("there is no Chromium and none can be installed; install one (apt install chromium), or set CHROMIUM to its path")
}

func (p *project) findChromium() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	for _, pattern := range []string{"chrome-linux*/chrome", "chrome-mac*/Chromium.app/Contents/MacOS/Chromium"} {
		if found := glob(p.tools("playwright"), "chromium-*/"+pattern); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

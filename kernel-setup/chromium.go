package main

import (
	"os"
	"os/exec"
)

// findChromium is the browser that prints pages, "" if there is none; the tests in the browser install one.
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

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// memory watches a process and its children: the peak of each process'
// resident memory, added up.
type memory struct {
	mu    sync.Mutex
	peaks map[string]float64 // MiB, by process
	root  string
	end   chan struct{}
}

func watchMemory(pid int) *memory {
	m := &memory{peaks: map[string]float64{}, root: fmt.Sprint(pid), end: make(chan struct{})}
	go func() {
		for {
			m.look()
			select {
			case <-m.end:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	return m
}

func (m *memory) stop() { close(m.end) }

// peak is the largest process of each kind added up: a cell has one engine at
// a time.
func (m *memory) peak() float64 {
	m.look()
	m.mu.Lock()
	defer m.mu.Unlock()
	own, child := m.peaks[m.root], 0.0
	for pid, mb := range m.peaks {
		if pid != m.root {
			child = max(child, mb)
		}
	}
	return own + child
}

func (m *memory) look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.note(m.root)
}

func (m *memory) note(pid string) {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return // it has ended
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kb); err == nil {
			m.peaks[pid] = max(m.peaks[pid], kb/1024)
		}
	}
	lists, _ := filepath.Glob("/proc/" + pid + "/task/*/children")
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(children)) {
			m.note(child)
		}
	}
}

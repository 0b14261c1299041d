package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/cavaliergopher/grab/v3"
)

const (
	// connectLimit keeps a machine without internet from waiting: all mirrors fail in about 10 s.
	connectLimit = 2500 * time.Millisecond
	// silenceLimit is how long a server may send nothing.
	silenceLimit = 20 * time.Second
	reportEvery  = 100 * time.Millisecond
)

// newClient is an HTTP client that gives up early, and hands over bytes as the server has them.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: connectLimit}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return impatient{conn}, nil
		},
		TLSHandshakeTimeout:   2 * connectLimit,
		ResponseHeaderTimeout: silenceLimit,
		DisableCompression:    true, // a .gz must arrive as a .gz
	}}
}

// impatient is a connection whose reads end after silenceLimit.
type impatient struct{ net.Conn }

func (c impatient) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(silenceLimit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// download brings one file to partial, going on with what is there, and checks it.
func (f *fetcher) download(ctx context.Context, mirror string, file file, partial string) error {
	request, err := grab.NewRequest(partial, mirror+file.name)
	if err != nil {
		return err
	}
	sum, _ := hex.DecodeString(file.sha256) // the catalogue's own
	request = request.WithContext(ctx)
	request.Size = file.size
	request.IgnoreRemoteTime = true
	request.SetChecksum(sha256.New(), sum, true)

	client := &grab.Client{HTTPClient: f.client, UserAgent: "mnistkit"}
	response := client.Do(request)
	f.watch(response, file, host(mirror))
	err = response.Err()
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.Is(err, grab.ErrBadChecksum):
		return errors.New("wrong sha256, thrown away")
	case errors.Is(err, grab.ErrBadLength):
		// The part on disk and this server's file do not belong together.
		_ = os.Remove(partial)
		return fmt.Errorf("the file has not the %d bytes expected", file.size)
	}
	if status, ok := errors.AsType[grab.StatusCodeError](err); ok {
		return fmt.Errorf("HTTP status %d", int(status))
	}
	if response.BytesComplete() == 0 {
		f.dead[mirror] = true
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// watch reports until the transfer ends.
func (f *fetcher) watch(response *grab.Response, file file, source string) {
	progress := Progress{Dataset: f.set.name, File: file.name, Source: source, Total: file.size}
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	for ended := false; !ended; {
		select {
		case <-ticker.C:
		case <-response.Done:
			ended = true
		}
		progress.Done = response.BytesComplete()
		f.report(progress)
	}
}

// host names a mirror in messages.
func host(mirror string) string {
	if parsed, err := url.Parse(mirror); err == nil && parsed.Host != "" {
		return parsed.Host
	}
	return mirror
}

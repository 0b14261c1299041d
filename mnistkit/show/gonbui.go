package show

import (
	"crypto"
	"encoding/gob"
	"fmt"
	"os"
	"runtime"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// linksGonbui says whether the program may hold gonbui too: that brings MD5
// along, which nothing else here needs. Go initialises packages that do not
// depend on each other in the order of their paths, so crypto/md5 was here first.
func linksGonbui() bool { return crypto.MD5.Available() }

// serveGonbui stands between gonbui and the kernel, which understands one
// sender only: where gonbui looks for the kernel's pipes it finds p's.
func (p *pipe) serveGonbui() {
	fromUI, to, err := os.Pipe()
	if err != nil {
		return // as it is for gonbui when its pipes fail
	}
	from, toUI, err := os.Pipe()
	if err != nil {
		return
	}
	p.ui = gob.NewEncoder(toUI)
	os.Setenv(protocol.GONB_PIPE_ENV, fmt.Sprintf("/dev/fd/%d", to.Fd()))
	os.Setenv(protocol.GONB_PIPE_BACK_ENV, fmt.Sprintf("/dev/fd/%d", from.Fd()))
	go func() {
		defer runtime.KeepAlive([]*os.File{to, from}) // gonbui opens them anew by their names
		dec := gob.NewDecoder(fromUI)
		for {
			var m protocol.DisplayData
			if dec.Decode(&m) != nil {
				_ = fromUI.Close() // so that gonbui gets an error, and does not wait
				return
			}
			p.send(&m)
		}
	}()
}

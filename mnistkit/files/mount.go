package files

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LocksReach says, by an error with a remedy, that locks in a folder do not keep programs on other machines away. It tells
// by the file system's type and options, on Linux.
//
//	err := files.LocksReach("/home/ana/runs")
func LocksReach(folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	mounts, _ := os.ReadFile("/proc/self/mountinfo") // "" elsewhere
	return locksReach(real(folder), string(mounts))
}

// real is a path without links, as far as it exists.
func real(path string) string {
	if found, err := filepath.EvalSymlinks(path); err == nil || filepath.Dir(path) == path {
		return found
	}
	return filepath.Join(real(filepath.Dir(path)), filepath.Base(path))
}

// locksReach finds the mount with the longest path above the folder; the last one hides those before it.
func locksReach(folder, mounts string) error {
	var place, kind, options string
	for line := range strings.Lines(mounts) { // 36 35 98:0 /root /mount rw,noatime shared:1 - nfs server:/home rw,vers=3,nolock
		before, after, ok := strings.Cut(line, " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 6 || len(right) < 3 {
			continue
		}
		point := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(left[4])
		inside := point == "/" || folder == point || strings.HasPrefix(folder, point+"/")
		if inside && len(point) >= len(place) {
			place, kind, options = point, right[0], right[2]
		}
	}
	set := func(wanted ...string) bool {
		return slices.ContainsFunc(strings.Split(options, ","), func(o string) bool { return slices.Contains(wanted, o) })
	}
	remedy := ""
	switch {
	case strings.HasPrefix(kind, "nfs") && set("nolock", "local_lock=all", "local_lock=flock"):
		remedy = "without nolock and local_lock"
	case kind == "lustre" && !set("flock"):
		remedy = "with the option flock"
	case slices.Contains([]string{"cifs", "smb3"}, kind) && set("nobrl", "nolock"):
		remedy = "without nobrl and nolock"
	}
	if remedy == "" {
		return nil
	}
	return fmt.Errorf("%s lies on %s (%s), where locks do not keep programs on other machines away; ask for a mount %s, or set MNISTKIT_RUNS to a folder elsewhere",
		folder, kind, place, remedy)
}

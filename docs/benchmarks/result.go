package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Results is the content of a file under results/.
type Results struct {
	Machine  Machine           `json:"machine"`
	Limits   Limits            `json:"limits"`
	Versions map[string]string `json:"versions"`
	Cases    []CaseResult      `json:"cases"`
	Cells    []CellResult      `json:"cells,omitempty"`
}

// Machine is what the measurements were made on.
type Machine struct {
	CPU      string  `json:"cpu"`
	Cores    int     `json:"cores"`
	MemoryGB float64 `json:"memory_gb"`
	System   string  `json:"system"`
}

// CaseResult is a case with all its peers.
type CaseResult struct {
	Name      string       `json:"name"`
	About     string       `json:"about"`
	Group     string       `json:"group"`
	Date      string       `json:"date"`
	Batch     int          `json:"batch"`
	Rows      int          `json:"rows"`  // in an epoch as it was run
	Whole     int          `json:"whole"` // in an epoch of the lab
	Epochs    int          `json:"epochs"`
	Repeats   int          `json:"repeats"`
	Metric    string       `json:"metric"`
	CPU       string       `json:"cpu,omitempty"` // where it is another than that of the file
	SameStart bool         `json:"same_start,omitempty"`
	FLOP      float64      `json:"flop,omitempty"` // of a training step, for one example: see flop
	Sparse    bool         `json:"sparse,omitempty"`
	Peers     []PeerResult `json:"peers"`
}

// PeerResult is what one peer reached in a case.
type PeerResult struct {
	Peer         string    `json:"peer"`
	Family       string    `json:"family"`
	Step         Spread    `json:"step_ms"`
	Epoch        Spread    `json:"epoch_s"` // of Whole examples
	Fixed        Spread    `json:"fixed_s"` // in that, whatever its length; 0 for peers, where it is not told apart
	Ready        Spread    `json:"ready_s"`
	First        Spread    `json:"first_s"`
	Again        Spread    `json:"again_s,omitzero"`
	EvaluateCall Spread    `json:"evaluate_call_s"`
	EvaluateRate Spread    `json:"evaluate_per_s"`
	PredictRate  Spread    `json:"predict_per_s"`
	Memory       Spread    `json:"memory_mb"`     // of the training
	MemoryAll    Spread    `json:"memory_all_mb"` // evaluation and prediction included
	Learned      Spread    `json:"learned"`       // the metric on the test examples
	Loss         Spread    `json:"loss"`
	Seeds        []float64 `json:"seeds,omitempty"` // the metric again, of each process
	Parameters   int       `json:"parameters"`
	Backend      string    `json:"backend,omitempty"`
	Failure      string    `json:"failure,omitempty"`
	versions     map[string]string
}

// Spread is a median with the smallest and the largest value.
type Spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

func spread(values []float64, scale float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	round := func(v float64) float64 {
		if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			return 0
		}
		unit := math.Pow(10, 4-math.Ceil(math.Log10(math.Abs(v))))
		return math.Round(v*unit) / unit
	}
	return Spread{round(scale * median(values)), round(scale * slices.Min(values)), round(scale * slices.Max(values))}
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// samples are a peer's processes in one case.
type samples struct {
	list    []measured
	failure string
}

func (s *samples) add(m measured) { s.list = append(s.list, m) }

func (s *samples) summary(c Case, p Peer) PeerResult {
	values := func(f func(measured) float64) []float64 {
		var list []float64
		for _, m := range s.list {
			list = append(list, f(m))
		}
		return list
	}
	// The mean of a process' epochs: what comes now and then, such as state
	// kept every two seconds, counts. The median is that of the processes.
	epochs := values(func(m measured) float64 { return (mean(m.Epochs)-m.Fixed)*float64(c.Whole)/float64(c.Rows) + m.Fixed })
	r := PeerResult{
		Peer: p.Name, Family: p.Family, Failure: s.failure,
		Step:         spread(epochs, 1000*float64(c.Batch)/float64(c.Whole)),
		Epoch:        spread(epochs, 1),
		Fixed:        spread(values(func(m measured) float64 { return m.Fixed }), 1),
		Ready:        spread(values(func(m measured) float64 { return m.Ready }), 1),
		First:        spread(values(func(m measured) float64 { return m.First }), 1),
		Again:        spread(values(func(m measured) float64 { return m.Again }), 1),
		EvaluateCall: spread(values(func(m measured) float64 { return m.EvaluateCall }), 1),
		EvaluateRate: spread(values(func(m measured) float64 { return m.EvaluateRate }), 1),
		PredictRate:  spread(values(func(m measured) float64 { return m.PredictRate }), 1),
		Memory:       spread(values(func(m measured) float64 { return m.Memory }), 1),
		MemoryAll:    spread(values(func(m measured) float64 { return m.MemoryAll }), 1),
		Learned:      spread(values(func(m measured) float64 { return m.Metrics[c.Metric] }), 1),
		Loss:         spread(values(func(m measured) float64 { return m.Metrics["loss"] }), 1),
	}
	for _, m := range s.list {
		r.Seeds = append(r.Seeds, m.Metrics[c.Metric])
		r.Parameters, r.Backend, r.versions = m.Parameters, m.Backend, m.Versions
	}
	return r
}

// check holds the peers against each other: equal models only are compared.
func (r CaseResult) check() error {
	var first *PeerResult
	for i, p := range r.Peers {
		switch {
		case p.Failure != "":
		case first == nil:
			first = &r.Peers[i]
		case p.Parameters != first.Parameters:
			return fmt.Errorf("%s: %s has %d parameters, %s %d; the models differ", r.Name, p.Peer, p.Parameters, first.Peer, first.Parameters)
		}
	}
	return nil
}

// find is the result of a peer.
func (r CaseResult) find(peer string) (PeerResult, bool) {
	i := slices.IndexFunc(r.Peers, func(p PeerResult) bool { return p.Peer == peer && p.Failure == "" })
	if i < 0 {
		return PeerResult{}, false
	}
	return r.Peers[i], true
}

// resultsFile is today's, or the newest when there is none of today.
func (b *bench) resultsFile(today bool) string {
	files, _ := filepath.Glob(filepath.Join(b.here, "results", "*.json"))
	if today || len(files) == 0 {
		return filepath.Join(b.here, "results", time.Now().UTC().Format(time.DateOnly)+".json")
	}
	return slices.Max(files)
}

// keep adds to the newest results, as today's; an earlier day's file stays. A
// fresh bench begins with none.
func (b *bench) keep(change func(*Results)) error {
	path := b.resultsFile(true)
	from := b.resultsFile(false)
	if b.fresh {
		from, b.fresh = "", false
	}
	r, err := readResults(from)
	if err != nil {
		return err
	}
	if len(r.Cases)+len(r.Cells) == 0 {
		r.Machine = thisMachine()
	}
	b.addVersions(r.Versions)
	change(&r)
	r.Cases = slices.DeleteFunc(r.Cases, func(old CaseResult) bool { // of a case that is no more
		return !slices.ContainsFunc(cases, func(c Case) bool { return c.Name == old.Name })
	})
	contents, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(compact(contents), '\n'), 0o644)
}

// addVersions adds those of the modules that decide our speed.
func (b *bench) addVersions(v map[string]string) {
	var plugin struct{ Name string }
	if contents, err := os.ReadFile(filepath.Join(b.root, ".tools", "xla", "backend.json")); err == nil && json.Unmarshal(contents, &plugin) == nil {
		if name, version, _ := strings.Cut(plugin.Name, " "); strings.ContainsAny(version, "0123456789") { // a wheel's
			v[name] = version
		}
	}
	contents, _ := os.ReadFile(filepath.Join(b.root, "go.mod"))
	for line := range strings.Lines(string(contents)) {
		fields := strings.Fields(strings.TrimPrefix(line, "require"))
		for _, name := range []string{"gomlx/gomlx", "gomlx/go-xla", "janpfeifer/gonb"} {
			if len(fields) > 1 && fields[0] == "github.com/"+name {
				v[filepath.Base(name)] = fields[1]
			}
		}
	}
}

// put replaces a case of the same name, or adds it.
func (r *Results) put(c CaseResult) {
	for _, p := range c.Peers {
		for name, version := range p.versions {
			r.Versions[name] = version
		}
	}
	if cpu := thisMachine().CPU; cpu != r.Machine.CPU {
		c.CPU = cpu
	}
	i := slices.IndexFunc(r.Cases, func(old CaseResult) bool { return old.Name == c.Name })
	if i >= 0 {
		for _, old := range r.Cases[i].Peers { // those that were not asked for this time; of another day they say nothing beside ours
			if r.Cases[i].Date == c.Date && !slices.ContainsFunc(c.Peers, func(p PeerResult) bool { return p.Peer == old.Peer }) {
				c.Peers = append(c.Peers, old)
			}
		}
		r.Cases[i] = c
		return
	}
	r.Cases = append(r.Cases, c)
}

func readResults(path string) (Results, error) {
	r := Results{Versions: map[string]string{}}
	contents, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(contents, &r)
	}
	return r, err
}

// compact brings each Spread to one line.
func compact(contents []byte) []byte {
	text := string(contents)
	var out strings.Builder
	for {
		at := strings.Index(text, "{\n")
		if at < 0 {
			break
		}
		end := strings.Index(text[at:], "}")
		inner := text[at+1 : at+max(end, 1)]
		if end > 0 && strings.Contains(inner, `"median"`) && !strings.Contains(inner, "{") {
			out.WriteString(text[:at] + "{" + strings.Join(strings.Fields(inner), " ") + "}")
			text = text[at+end+1:]
			continue
		}
		out.WriteString(text[:at+1])
		text = text[at+1:]
	}
	return []byte(out.String() + text)
}

func thisMachine() Machine {
	m := Machine{CPU: "unknown", Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if contents, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(contents)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if contents, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb float64
		if _, err := fmt.Sscanf(string(contents), "MemTotal: %f kB", &kb); err == nil {
			m.MemoryGB = math.Round(kb/1024/102.4) / 10
		}
	}
	return m
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

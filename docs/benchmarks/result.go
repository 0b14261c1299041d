package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/janpfeifer/must"

	"gonblabs/mnistkit/training"
)

// Results is the content of a file under results/.
type Results struct {
	Machine  Machine           `json:"machine"`
	Limits   Limits            `json:"limits"`
	Versions map[string]string `json:"versions"`
	Cases    []CaseResult      `json:"cases"`
	Cells    []CellResult      `json:"cells,omitempty"`
	Services *Services         `json:"services,omitempty"`
	Growth   *Growth           `json:"growth,omitempty"`
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
	Outline
	Date    string       `json:"date"`
	Repeats int          `json:"repeats"`
	FLOP    float64      `json:"flop,omitempty"` // of a training step, for one example: see flop
	Peers   []PeerResult `json:"peers"`
}

// PeerResult is what one peer reached in a case.
type PeerResult struct {
	Peer         string    `json:"peer"`
	Family       string    `json:"family"`
	Step         Spread    `json:"step_ms"`
	Epoch        Spread    `json:"epoch_s"` // of Whole examples
	Fixed        Spread    `json:"fixed_s"` // what follows is described at Outcome
	Ready        Spread    `json:"ready_s"`
	First        Spread    `json:"first_s"`
	Again        Spread    `json:"again_s,omitzero"`
	EvaluateCall Spread    `json:"evaluate_call_s"`
	EvaluateRate Spread    `json:"evaluate_per_s"`
	PredictRate  Spread    `json:"predict_per_s"`
	Memory       Spread    `json:"memory_mb"`
	MemoryAll    Spread    `json:"memory_all_mb"`
	Learned      Spread    `json:"learned"` // the metric on the test examples
	Loss         Spread    `json:"loss"`
	Seeds        []float64 `json:"seeds,omitempty"` // the metric again, of each process
	Parameters   int       `json:"parameters"`
	Backend      string    `json:"backend,omitempty"`
	Failure      string    `json:"failure,omitempty"`
	versions     map[string]string
}

func (p *PeerResult) summarise(c Outline, outcomes []Outcome) {
	var figures []map[string]float64
	for _, o := range outcomes {
		fixed := o.Figures["fixed_s"]
		epoch := (o.Figures["epoch_s"]-fixed)*float64(c.Whole)/float64(c.Rows) + fixed
		o.Figures["epoch_s"], o.Figures["step_ms"] = epoch, 1000*epoch*float64(c.Batch)/float64(c.Whole)
		o.Figures["learned"], o.Figures["loss"] = o.Metrics[c.Metric], o.Metrics["loss"]
		figures = append(figures, o.Figures)
		p.Seeds = append(p.Seeds, o.Metrics[c.Metric])
		p.Parameters, p.Backend, p.versions = o.Parameters, o.Backend, o.Versions
	}
	spreads(figures, p)
}

// find is the first of a list that is the one; nothing where none is.
func find[T any](list []T, is func(T) bool) (found T) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		found = list[i]
	}
	return found
}

func (r Results) find(name string) CaseResult {
	return find(r.Cases, func(c CaseResult) bool { return c.Name == name })
}

// find is the result of a peer; nothing where that was not measured.
func (c CaseResult) find(peer string) PeerResult {
	return find(c.Peers, func(p PeerResult) bool { return p.Peer == peer && p.Failure == "" })
}

// Spread is a median with the smallest and the largest value.
type Spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// spreads fills the Spreads of a struct from the figures of several processes,
// by their names in JSON.
func spreads(list []map[string]float64, into any) {
	values := map[string][]float64{}
	for _, figures := range list {
		for name, v := range figures {
			values[name] = append(values[name], v)
		}
	}
	found := map[string]Spread{}
	for name, list := range values {
		slices.Sort(list)
		n := len(list)
		found[name] = Spread{round((list[(n-1)/2] + list[n/2]) / 2), round(list[0]), round(list[n-1])}
	}
	dec := json.NewDecoder(bytes.NewReader(must.M1(json.Marshal(found))))
	dec.DisallowUnknownFields()
	must.M(dec.Decode(into))
}

// round leaves four digits.
func round(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return must.M1(strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64))
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// newest are the newest files of results in the folder, one for each processor.
func newest(folder string) (list []string) {
	var seen []string
	for _, file := range slices.Backward(must.M1(filepath.Glob(filepath.Join(folder, "*.json")))) {
		if cpu := readResults(file).Machine.CPU; !slices.Contains(seen, cpu) {
			seen, list = append(seen, cpu), append(list, file)
		}
	}
	return list
}

func today() string { return time.Now().UTC().Format(time.DateOnly) }

// keep adds to the newest results of this processor, as today's; an earlier day's file
// stays. A fresh bench begins with none, a dry one keeps nothing.
func (b *bench) keep(change func(*Results)) {
	if b.dry {
		return
	}
	folder, m := filepath.Join(b.here, "results"), thisMachine()
	r := Results{Machine: m, Versions: map[string]string{}}
	for _, file := range newest(folder) {
		if old := readResults(file); old.Machine.CPU == m.CPU && !b.fresh {
			r = old
		}
	}
	b.fresh = false
	maps.Copy(r.Versions, b.versions())
	change(&r)
	r.Cases = slices.DeleteFunc(r.Cases, func(old CaseResult) bool { // of a case that is no more
		return !slices.ContainsFunc(cases, func(c Case) bool { return c.Name == old.Name })
	})
	contents := compact(must.M1(json.MarshalIndent(r, "", " ")))
	name := strings.NewReplacer("(r)", "", "(tm)", "", " ", "-").Replace(strings.ToLower(today() + " " + m.CPU + ".json"))
	must.M(os.WriteFile(filepath.Join(folder, name), append(contents, '\n'), 0o644))
}

func readResults(path string) (r Results) {
	must.M(json.Unmarshal(must.M1(os.ReadFile(path)), &r))
	return r
}

var spreadLines = regexp.MustCompile(`\{\s+("median": \S+)\s+("low": \S+)\s+("high": \S+)\s+\}`)

// compact brings each Spread to one line.
func compact(contents []byte) []byte { return spreadLines.ReplaceAll(contents, []byte("{$1 $2 $3}")) }

// versions are those of what decides our speed: modules, and the plugin if it
// is a wheel's.
func (b *bench) versions() map[string]string {
	v := map[string]string{}
	var plugin struct{ Name string }
	if contents, err := os.ReadFile(filepath.Join(b.root, ".tools", "xla", "backend.json")); err == nil && json.Unmarshal(contents, &plugin) == nil {
		if name, version, _ := strings.Cut(plugin.Name, " "); strings.ContainsAny(version, "0123456789") {
			v[name] = version
		}
	}
	for module, version := range training.Versions() {
		v[path.Base(module)] = version
	}
	delete(v, "go") // our worker says it
	return v
}

func (r *Results) put(c CaseResult) {
	for _, p := range c.Peers {
		maps.Copy(r.Versions, p.versions)
	}
	i := slices.IndexFunc(r.Cases, func(old CaseResult) bool { return old.Name == c.Name })
	if i < 0 {
		r.Cases = append(r.Cases, c)
		return
	}
	for _, old := range r.Cases[i].Peers { // those that were not asked for this time; of another day they say nothing beside ours
		if r.Cases[i].Date == c.Date && !slices.ContainsFunc(c.Peers, func(p PeerResult) bool { return p.Peer == old.Peer }) {
			c.Peers = append(c.Peers, old)
		}
	}
	r.Cases[i] = c
}

func thisMachine() Machine {
	var kib float64
	_, _ = fmt.Sscan(proc("meminfo", "MemTotal"), &kib)                                                                    // 0 where there is none
	cpu := fmt.Sprintf("%s %s.%s", proc("cpuinfo", "model name"), proc("cpuinfo", "cpu family"), proc("cpuinfo", "model")) // "AMD EPYC" is many
	return Machine{CPU: cpu, Cores: runtime.NumCPU(), MemoryGB: math.Round(kib/1024/102.4) / 10, System: runtime.GOOS + "/" + runtime.GOARCH}
}

// proc is the first value of that name in a file of /proc.
func proc(file, name string) string {
	contents, _ := os.ReadFile("/proc/" + file)
	for line := range strings.Lines(string(contents)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

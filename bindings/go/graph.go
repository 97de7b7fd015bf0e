package wallaroo

import (
	"encoding/base64"
	"encoding/json"
)

// A node is one step of the logical graph. Its functions make the typed parts, once for each core
// and each run of the application.
type node struct {
	kind     string
	name     string
	pipeline string
	inputs   []int
	policy   ErrorPolicy

	source map[string]any // the connector
	sink   map[string]any
	finder finder

	keyType   string
	keys      [][]byte // nil: open
	closed    bool
	stateType string
	shared    string
	shares    bool // the engine tells of a name that is empty
	initial   any  // func() (S, error), or nil
	timers    bool

	makeStep  func(c *chain, next []any, ends []int) any // a step of the node's input type
	makeEntry func(c *chain, next []any) chainEntry
	makeState func() stateKeeper
}

// add adds a node whose pipeline and options are known.
func (a *App) add(n *node) int {
	a.checkOptions(n)
	a.nodes = append(a.nodes, n)
	return len(a.nodes) - 1
}

// checkOptions adds mistakes of options; the graph cannot hold a policy that does not exist.
func (a *App) checkOptions(n *node) {
	what := kinds[n.kind]
	if n.kind != "state" && n.shares {
		a.mistakeIn(what, n.called(), n.pipeline, "it has no state to share; Shared is an option of Stateful, StatefulMany and Process")
	}
	if n.kind != "state" && n.initial != nil {
		a.mistakeIn(what, n.called(), n.pipeline, "it has no state; InitialState is an option of Stateful, StatefulMany and Process")
	}
	if !n.policy.known() {
		a.mistakeIn(what, n.called(), n.pipeline, n.policy.mistake())
		n.policy = ""
	}
}

// kinds are nodes in sentences.
var kinds = map[string]string{"source": "source", "computation": "computation", "event_time": "event_time",
	"key_by": "key_by", "state": "state computation", "merge": "merge", "spread": "spread", "sink": "sink"}

// graph is docs/formats/graph.md.
func (a *App) graph() []byte {
	document := map[string]any{"application": a.name, "flags": list(a.flags),
		"pipelines": list(a.pipelines), "mistakes": list(a.mistakes)}
	if a.policy != "" {
		document["on_error"] = a.policy
	}
	if a.deadLetters != nil {
		document["dead_letters"] = a.deadLetters.json()
	}
	nodes := make([]map[string]any, len(a.nodes))
	for i, n := range a.nodes {
		nodes[i] = n.json()
	}
	document["nodes"] = nodes
	bytes, err := json.Marshal(document)
	if err != nil {
		panic("wallaroo: the graph cannot be written as JSON: " + err.Error())
	}
	return bytes
}

// list makes an absent list an empty one, which JSON would call null.
func list(texts []string) []string { return append([]string{}, texts...) }

func (n *node) json() map[string]any {
	fields := map[string]any{"kind": n.kind, "pipeline": n.pipeline}
	put := func(name, text string) {
		if text != "" {
			fields[name] = text
		}
	}
	if n.kind != "key_by" && n.kind != "event_time" {
		fields["name"] = n.name
	}
	if len(n.inputs) != 0 {
		fields["inputs"] = n.inputs
	}
	put("on_error", string(n.policy))
	put("key_type", n.keyType)
	if n.kind == "state" {
		fields["state_type"] = n.stateType
		fields["timers"] = n.timers
		if n.shares {
			fields["shared"] = n.shared
		}
	}
	if n.source != nil {
		fields["from"] = n.source
	}
	if n.sink != nil {
		fields["to"] = n.sink
	}
	if n.closed {
		keys := make([]string, len(n.keys))
		for i, key := range n.keys {
			keys[i] = base64.StdEncoding.EncodeToString(key)
		}
		fields["keys"] = keys
	}
	return fields
}

func (s Setting) json() any {
	if s.flag == "" {
		return s.value
	}
	return map[string]any{"flag": s.flag, "value": s.value}
}

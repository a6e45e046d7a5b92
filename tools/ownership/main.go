// Plays sequences of applies and updates with structured-merge-diff and prints what each leaves: one JSON list of
// operations a line in, one JSON list of results a line out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/structured-merge-diff/v4/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v4/merge"
	"sigs.k8s.io/structured-merge-diff/v4/typed"
)

const version = "v1"

type operation struct {
	Op, Manager string
	Force       bool
	Obj         interface{}
}

type oneVersion struct{}

func (oneVersion) Convert(object *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return object, nil
}

func (oneVersion) IsMissingVersionError(error) bool { return false }

func main() {
	schema, err := os.ReadFile(os.Args[1])
	check(err)
	parser, err := typed.NewParser(typed.YAMLObject(schema))
	check(err)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var operations []operation
		check(json.Unmarshal(lines.Bytes(), &operations))
		check(out.Encode(play(parser.Type("T"), operations)))
	}
	check(lines.Err())
}

func play(of typed.ParseableType, operations []operation) []interface{} {
	updater := &merge.Updater{Converter: oneVersion{}}
	live, err := of.FromUnstructured(map[string]interface{}{"uid": "u"})
	check(err)
	managers := fieldpath.ManagedFields{}
	results := []interface{}{}
	for _, o := range operations {
		object, err := of.FromUnstructured(o.Obj)
		check(err)
		var after *typed.TypedValue
		var owners fieldpath.ManagedFields
		if o.Op == "apply" {
			after, owners, err = updater.Apply(live, object, version, managers.Copy(), o.Manager, o.Force)
		} else {
			after, owners, err = updater.Update(live, object, version, managers.Copy(), o.Manager)
		}
		if conflicts, ok := err.(merge.Conflicts); ok {
			paths := []string{}
			for _, c := range conflicts {
				paths = append(paths, c.Manager+" "+c.Path.String())
			}
			results = append(results, map[string]interface{}{"conflicts": paths})
			continue
		}
		check(err)
		if after != nil {
			live = after
		}
		managers = owners
		shown := map[string]json.RawMessage{}
		for name, owned := range managers {
			text, err := owned.Set().ToJSON()
			check(err)
			shown[name] = text
		}
		results = append(results, map[string]interface{}{"object": live.AsValue().Unstructured(), "owners": shown})
	}
	return results
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

package conformance_test

import (
	"errors"
	"fmt"

	"wallaroo.example/wallaroo"
)

// Programs in which streams meet: merged, shared, dealt; and a source that makes its messages.

func behindWord(word string) func(line string) (string, error) {
	return func(line string) (string, error) {
		if line == "bad "+word {
			return "", errors.New("no bad words")
		}
		return word + " " + line, nil
	}
}

// saying is a source whose messages get its name in front.
func saying(app *wallaroo.App, name, port string) wallaroo.Stream[string] {
	lines := wallaroo.Source(app.Pipeline(name), name, listen(port, wallaroo.Lines), wallaroo.Text)
	return wallaroo.Map(lines, "say-"+name, behindWord(name))
}

func merge(app *wallaroo.App) {
	sinkText(wallaroo.Merge("both", saying(app, "left", "7010"), saying(app, "right", "7011")))
}

// mergeThree: streams that were merged and spread are merged once more.
func mergeThree(app *wallaroo.App) {
	first := wallaroo.Merge("first", saying(app, "one", "7010"), saying(app, "two", "7011"))
	sinkText(wallaroo.Merge("second", first.Spread("deal"), saying(app, "three", "7012")))
}

// wrongNames is refused: a name that cannot be one, and one that is used twice.
func wrongNames(app *wallaroo.App) {
	first := wallaroo.Map(linesOf(app), "Upper case", upper)
	sinkText(wallaroo.Map(wallaroo.Map(first, "again", upper), "again", upper))
}

// wrongShared is refused: states of one name and two types, and keys of two types.
func wrongShared(app *wallaroo.App) {
	lines := linesOf(app)
	wallaroo.Stateful(wallaroo.KeyBy(lines, whole), "one", countKey, wallaroo.Shared("it"))
	wallaroo.Stateful(wallaroo.KeyBy(lines, whole), "two", func(_ string, n *int64) (int64, error) {
		*n++
		return *n, nil
	}, wallaroo.Shared("it"))
	keyed := wallaroo.KeyBy(lines, func(line string) uint64 { return uint64(len(line)) })
	wallaroo.Stateful(keyed, "three", countKey, wallaroo.Shared("it"))
}

// wrongMerge is refused: a stream merged with itself.
func wrongMerge(app *wallaroo.App) {
	lines := linesOf(app)
	sinkText(wallaroo.Merge("both", lines, lines))
}

// diamond: one stream goes two ways, which meet again.
func diamond(app *wallaroo.App) {
	lines := linesOf(app)
	sinkText(wallaroo.Merge("both", wallaroo.Map(lines, "plus", behindWord("plus")),
		wallaroo.Map(lines, "minus", behindWord("minus"))))
}

// mergeBehind: what comes out of a stage with state, with that of a source.
func mergeBehind(app *wallaroo.App) {
	counts := countText(linesOf(app))
	others := wallaroo.Source(app.Pipeline("o"), "others", listen("7011", wallaroo.Lines), wallaroo.Text)
	zero := wallaroo.Map(others, "zero", func(line string) (counted, error) { return counted{line, 0}, nil })
	app.OnError(wallaroo.DeadLetter)
	sinkCounted(wallaroo.Merge("all", counts, zero).Filter("check", func(c counted) bool {
		if c.Key == "bad" {
			panic("no bad words")
		}
		return true
	}))
}

// transfer is of "name amount".
type transfer struct {
	Name   string
	Amount int64
}

func decodeTransfer(message []byte) (transfer, error) {
	name, digits := halves(string(message))
	amount, err := integer(digits, 64)
	return transfer{name, amount}, err
}

func nameOf(t transfer) string { return t.Name }

func deposit(t transfer, balance *int64) (string, error) {
	*balance += t.Amount
	return fmt.Sprintf("%s %d", t.Name, *balance), nil
}

func withdraw(t transfer, balance *int64) (string, error) {
	if *balance < t.Amount {
		return "", errors.New("not enough")
	}
	*balance -= t.Amount
	return fmt.Sprintf("%s %d", t.Name, *balance), nil
}

func shared(app *wallaroo.App) {
	app.OnError(wallaroo.DeadLetter)
	deposits := wallaroo.Source(app.Pipeline("d"), "deposits", listen("7010", wallaroo.Lines), decodeTransfer)
	wallaroo.Stateful(wallaroo.KeyBy(deposits, nameOf), "deposit", deposit, wallaroo.Shared("balance")).
		Sink("deposited", connect(wallaroo.Lines), wallaroo.AppendText)
	withdrawals := wallaroo.Source(app.Pipeline("w"), "withdrawals", listen("7011", wallaroo.Lines), decodeTransfer)
	wallaroo.Stateful(wallaroo.KeyBy(withdrawals, nameOf), "withdraw", withdraw, wallaroo.Shared("balance")).
		Sink("withdrawn", otherConnect(), wallaroo.AppendText)
}

func makeNumber(number uint64) (uint64, bool) {
	if number == 4 {
		panic("no four")
	}
	return number, number < 10
}

func generator(app *wallaroo.App) {
	numbers := wallaroo.Generate(app.Pipeline("p"), "numbers", 0, makeNumber)
	keyed := wallaroo.KeyBy(numbers, func(number uint64) uint64 { return number % 3 })
	sinkCounted(wallaroo.Stateful(keyed, "sum", func(number uint64, sum *uint64) (counted, error) {
		*sum += number
		return counted{fmt.Sprint(number % 3), *sum}, nil
	}))
}

func joinedPrograms() map[string]program {
	counts := map[string]stateText{"count": textOf[uint64]("count")}
	return map[string]program{
		"merge":        {build: merge},
		"merge_three":  {build: mergeThree},
		"wrong_merge":  {build: wrongMerge},
		"wrong_names":  {build: wrongNames},
		"wrong_shared": {build: wrongShared},
		"diamond":      {build: diamond},
		"merge_behind": {build: mergeBehind, states: counts},
		"spread_count": {build: func(app *wallaroo.App) {
			sinkCounted(countText(wallaroo.Map(linesOf(app).Spread("deal"), "upper", upper)))
		}, states: counts},
		"shared": {build: shared, states: map[string]stateText{
			"deposit": textOf[int64]("deposit"), "withdraw": textOf[int64]("withdraw")}},
		"generator": {build: generator},
	}
}

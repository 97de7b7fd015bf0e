package main

import (
	"strings"

	"wallaroo.example/examples/market_spread/records"
	"wallaroo.example/examples/words"
)

// A counter is the loop that an able programmer writes: a map of counts, and a buffer for the lines.
type counter struct {
	counts map[string]*uint64
	out    []byte
}

func newCounter() *counter { return &counter{counts: map[string]*uint64{}} }

func (c *counter) add(word string) {
	count := c.counts[word]
	if count == nil {
		count = new(uint64)
		c.counts[strings.Clone(word)] = count
	}
	*count++
	c.out, _ = words.Append(words.Total{Word: word, Count: *count}, c.out)
	c.out = append(c.out, '\n')
}

// A market is the same for orders against prices.
type market struct {
	known map[string]*records.Quote
	out   []byte
}

func (m *market) quote(message string) {
	quote, err := records.DecodeQuote([]byte(message))
	if err == nil {
		m.known[quote.Symbol] = &quote
	}
}

func (m *market) order(message string) {
	order, err := records.DecodeOrder([]byte(message))
	if err != nil {
		return
	}
	quote := m.known[order.Symbol]
	if quote == nil {
		quote = &records.Quote{}
	}
	spread, middle := quote.Offer-quote.Bid, (quote.Bid+quote.Offer)/2
	if spread < 0.05 && spread/middle < 0.05 {
		return
	}
	m.out, _ = records.AppendRejected(records.Rejected{Order: order, Bid: quote.Bid, Offer: quote.Offer}, m.out[:0])
}

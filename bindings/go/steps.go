package wallaroo

// A computation applies a function to each value; apply calls out.put for each output.
type computation[In, Out any] struct {
	c     *chain
	node  int
	apply func(in In, out *output[Out]) error
	out   *output[Out]
}

func (s *computation[In, Out]) process(values []In, stamps []stamp) {
	for at := 0; at < len(values); {
		at = s.run(values, stamps, at)
		if s.out.full() && !s.out.flush() {
			return
		}
	}
	s.out.flush()
}

func (s *computation[In, Out]) run(values []In, stamps []stamp, at int) (next int) {
	next = unfinished
	defer guard(s.c, s.node, func(at int) uint32 { return stamps[at].record }, &at, &next, len(values), s.out.undo)
	for at < len(values) {
		s.out.begin(stamps[at])
		if err := s.apply(values[at], s.out); err != nil {
			s.out.undo()
			if !skips(err) && !s.c.failed(s.node, stamps[at].record, err) {
				return len(values)
			}
		}
		at++
		if s.out.full() {
			break
		}
	}
	return at
}

// eventTime gives each value its time.
type eventTime[T any] struct {
	c          *chain
	node       int
	timeOf     func(T) int64
	latenessNs int64
	out        *output[T]
	newest     int64
	assigned   bool
}

func (s *eventTime[T]) process(values []T, stamps []stamp) {
	s.assigned = false
	for at := 0; at < len(values); {
		at = s.run(values, stamps, at)
		if s.out.full() && !s.out.flush() {
			return
		}
	}
	s.out.flush()
	if s.assigned {
		s.c.link.EventTime(s.newest, s.latenessNs)
	}
}

func (s *eventTime[T]) run(values []T, stamps []stamp, at int) (next int) {
	next = unfinished
	defer guard(s.c, s.node, func(at int) uint32 { return stamps[at].record }, &at, &next, len(values), s.out.undo)
	for at < len(values) {
		s.out.begin(stamps[at])
		timeNs := s.timeOf(values[at])
		if !s.assigned || timeNs > s.newest {
			s.newest, s.assigned = timeNs, true
		}
		s.out.stamp.timeNs = timeNs
		s.out.emit(values[at])
		at++
		if s.out.full() {
			break
		}
	}
	return at
}

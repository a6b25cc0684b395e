package makecab

import "sync"

// queue hands compressed chunks from the workers to the writer, which takes the folders in order. Workers that are ahead wait
// when QueueBytes are queued; the one whose folder is being written never waits for the others, so there is no deadlock.
type queue struct {
	mu      sync.Mutex
	changed *sync.Cond
	taken   int // folders that workers have taken
	head    int // folder that is being written
	chunks  [][][]byte
	ready   []bool
	queued  int // bytes that the chunks occupy
	free    [][]byte
	err     error
}

func newQueue(folders int) *queue {
	q := &queue{chunks: make([][][]byte, folders), ready: make([]bool, folders)}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// take gives a worker the next folder.
func (q *queue) take() (int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil || q.taken == len(q.chunks) {
		return 0, false
	}
	q.taken++
	return q.taken - 1, true
}

// put queues a chunk of folder i.
func (q *queue) put(i int, b []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.err == nil {
		limit := QueueBytes
		if i == q.head {
			limit += headBytes
		}
		if i == q.head && len(q.chunks[i]) == 0 || q.queued+cap(b) <= limit {
			break
		}
		q.changed.Wait()
	}
	if q.err != nil {
		return q.err
	}
	q.chunks[i] = append(q.chunks[i], b)
	q.queued += cap(b)
	q.changed.Broadcast()
	return nil
}

// done says that folder i is complete.
func (q *queue) done(i int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ready[i] = true
	q.changed.Broadcast()
}

// next gives the writer the next chunk of folder i; false means that there are no more, or that something failed.
func (q *queue) next(i int) ([]byte, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.head != i {
		q.head = i
		q.changed.Broadcast()
	}
	for q.err == nil && len(q.chunks[i]) == 0 && !q.ready[i] {
		q.changed.Wait()
	}
	if q.err != nil || len(q.chunks[i]) == 0 {
		return nil, false
	}
	b := q.chunks[i][0]
	q.chunks[i] = q.chunks[i][1:]
	q.queued -= cap(b)
	q.changed.Broadcast()
	return b, true
}

// buffer returns an empty chunk, used before if there is one.
func (q *queue) buffer() []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.free); n > 0 {
		b := q.free[n-1]
		q.free = q.free[:n-1]
		return b[:0]
	}
	return make([]byte, 0, chunkSize+maxBlock)
}

// maxBlock is room for the block that a chunk may be longer than chunkSize by.
const maxBlock = 64 << 10

func (q *queue) recycle(b []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free = append(q.free, b)
}

// fail ends everything; the first failure counts.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
	q.changed.Broadcast()
}

func (q *queue) failure() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

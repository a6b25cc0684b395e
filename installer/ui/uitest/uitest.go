// Package uitest is a ui.UI for tests: it records what it is told and answers from a script.
package uitest

import (
	"context"
	"fmt"
	"sync"

	"github.com/kbforge/kbforge/installer/ui"
)

// Script answers questions by topic, in order; a topic without answers left gets the question's default, or with Strict
// Unanswered and an entry in Unexpected.
type Script struct {
	Answers map[ui.Topic][]ui.Answer
	Strict  bool

	mu         sync.Mutex
	events     []string
	questions  []ui.Question
	unexpected []ui.Topic
}

var _ ui.UI = (*Script)(nil)

// Progress records "progress STAGE DONE/TOTAL".
func (s *Script) Progress(stage ui.Stage, done, total int64) {
	s.record("progress %s %d/%d", stage, done, total)
}

// Message records "information TEXT", "warning TEXT", "failure TEXT" or "cancelled TEXT".
func (s *Script) Message(kind ui.Kind, text string) {
	s.record("%s %s", [...]string{"information", "warning", "failure", "cancelled"}[kind], text)
}

// Ask records "ask TOPIC: ANSWER" and the question.
func (s *Script) Ask(ctx context.Context, q ui.Question) ui.Answer {
	a := s.answer(ctx, q)
	s.record("ask %s: %s", q.Topic, a)
	return a
}

func (s *Script) answer(ctx context.Context, q ui.Question) ui.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.questions = append(s.questions, q)
	if ctx.Err() != nil {
		return ui.Unanswered
	}
	if left := s.Answers[q.Topic]; len(left) > 0 {
		s.Answers[q.Topic] = left[1:]
		return left[0]
	}
	if s.Strict {
		s.unexpected = append(s.unexpected, q.Topic)
		return ui.Unanswered
	}
	return q.Default
}

func (s *Script) record(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, fmt.Sprintf(format, args...))
}

// Events lists everything recorded, in order.
func (s *Script) Events() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.events...)
}

// Questions lists the questions asked, in order.
func (s *Script) Questions() []ui.Question {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]ui.Question(nil), s.questions...)
}

// Unexpected lists topics that were asked though the strict script had no answer.
func (s *Script) Unexpected() []ui.Topic {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]ui.Topic(nil), s.unexpected...)
}

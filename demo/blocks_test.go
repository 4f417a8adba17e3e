package demo_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"otklik/demo"
)

func section(text string) string {
	return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, text)
}

func button(id, text, rest string) string {
	return fmt.Sprintf(`{"type":"button","action_id":%q,"text":{"type":"plain_text","text":%q}%s}`, id, text, rest)
}

func actions(elements ...string) string {
	return `{"type":"actions","elements":[` + strings.Join(elements, ",") + `]}`
}

func repeat(s string, n int) string {
	return strings.TrimSuffix(strings.Repeat(s+",", n), ",")
}

func TestValidateBlocks(t *testing.T) {
	var buttons []string
	for i := range 26 {
		buttons = append(buttons, button(fmt.Sprint("a", i), "x", ""))
	}
	opt := `{"text":{"type":"plain_text","text":"x"},"value":"v"}`
	tests := []struct {
		name, blocks, want string // want "" means valid
	}{
		{"a section of 3000 characters", section(strings.Repeat("ж", 3000)), ""},
		{"a section of 3001 characters", section(strings.Repeat("ж", 3001)), "/blocks/0/text/text"},
		{"fifty blocks", repeat(`{"type":"divider"}`, 50), ""},
		{"fifty-one blocks", repeat(`{"type":"divider"}`, 51), "no more than 50"},
		{"an empty text", section(" "), "more than 0 characters"},
		{"a section without text", `{"type":"section"}`, "missing required field"},
		{"an unknown block", `{"type":"marquee"}`, "unsupported type"},
		{"an unknown property", `{"type":"divider","colour":"red"}`, "invalid additional property: colour"},
		{"an input in a message", `{"type":"input"}`, "unsupported type"},
		{"a header in mrkdwn", `{"type":"header","text":{"type":"mrkdwn","text":"x"}}`, "must be plain_text"},
		{"a header of 151", `{"type":"header","text":{"type":"plain_text","text":"` + strings.Repeat("h", 151) + `"}}`, "less than 151"},
		{"eleven fields", `{"type":"section","fields":[` + repeat(`{"type":"mrkdwn","text":"x"}`, 11) + `]}`, "no more than 10"},
		{"eleven context elements", `{"type":"context","elements":[` + repeat(`{"type":"mrkdwn","text":"x"}`, 11) + `]}`, "1 to 10"},
		{"twenty-five buttons", actions(buttons[:25]...), ""},
		{"twenty-six buttons", actions(buttons...), "1 to 25"},
		{"the same action id twice", actions(buttons[0], buttons[0]), "already exists"},
		{"the same block id twice", repeat(`{"type":"divider","block_id":"x"}`, 2), "already exists"},
		{"a button text of 76", actions(button("a", strings.Repeat("x", 76), "")), "less than 76"},
		{"a button value of 2001", actions(button("a", "x", `,"value":"`+strings.Repeat("v", 2001)+`"`)), "less than 2001"},
		{"a button in pink", actions(button("a", "x", `,"style":"pink"`)), "primary or danger"},
		{"an action id of 256", actions(button(strings.Repeat("a", 256), "x", "")), "less than 256"},
		{"an overflow of one", actions(`{"type":"overflow","action_id":"o","options":[` + opt + `]}`), "2 to 5"},
		{"an overflow of six", actions(`{"type":"overflow","action_id":"o","options":[` + repeat(opt, 6) + `]}`), "2 to 5"},
		{"a select of 100", actions(`{"type":"static_select","action_id":"s","options":[` + repeat(opt, 100) + `]}`), ""},
		{"a select of 101", actions(`{"type":"static_select","action_id":"s","options":[` + repeat(opt, 101) + `]}`), "1 to 100"},
		{"an option without a value", actions(`{"type":"overflow","action_id":"o","options":[` + opt + `,{"text":{"type":"plain_text","text":"x"}}]}`), "missing required field: value"},
		{"no list", `{`, "must be an array"},
	}
	for _, tt := range tests {
		err := demo.ValidateBlocks([]byte("[" + tt.blocks + "]"))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (!errors.Is(err, demo.ErrBlocks) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestValidateView(t *testing.T) {
	view := func(title, private, rest string) string {
		return fmt.Sprintf(`{"type":"modal","title":{"type":"plain_text","text":%q},"private_metadata":%q,"blocks":[%s]}`, title, private, rest)
	}
	input := `{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"plain_text_input","action_id":"a"}}`
	tests := []struct{ name, view, want string }{
		{"a modal", view("Отвечено", "7", input), ""},
		{"a title of 25", view(strings.Repeat("т", 25), "", input), "less than 25"},
		{"private metadata of 3001", view("x", strings.Repeat("p", 3001), input), "less than 3001"},
		{"a button in an input", view("x", "", `{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"button"}}`), "unsupported type"},
		{"a home view", `{"type":"home","blocks":[]}`, ""},
		{"a window", `{"type":"window","blocks":[]}`, "modal or home"},
	}
	for _, tt := range tests {
		err := demo.ValidateView([]byte(tt.view))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

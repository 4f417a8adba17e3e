package demo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// block is as much of a block as acting on it and drawing it needs.
type block struct {
	Type      string    `json:"type"`
	BlockID   string    `json:"block_id"`
	Text      *words    `json:"text"`
	Fields    []words   `json:"fields"`
	Elements  []element `json:"elements"`
	Accessory *element  `json:"accessory"`
	Element   *element  `json:"element"`
	Label     *words    `json:"label"`
	Hint      *words    `json:"hint"`
	Optional  bool      `json:"optional"`
	Dispatch  bool      `json:"dispatch_action"`
	ImageURL  string    `json:"image_url"`
	AltText   string    `json:"alt_text"`
}

// words is a text object.
type words struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// element is a control, or a text or image of a context block. Text is a text
// object in a button and a string in a context block.
type element struct {
	Type           string          `json:"type"`
	ActionID       string          `json:"action_id"`
	Text           json.RawMessage `json:"text"`
	Value          string          `json:"value"`
	URL            string          `json:"url"`
	Style          string          `json:"style"`
	Options        []option        `json:"options"`
	OptionGroups   []optionGroup   `json:"option_groups"`
	InitialOption  *option         `json:"initial_option"`
	InitialOptions []option        `json:"initial_options"`
	InitialValue   string          `json:"initial_value"`
	InitialUser    string          `json:"initial_user"`
	InitialDate    string          `json:"initial_date"`
	InitialTime    string          `json:"initial_time"`
	// InitialMoment is in seconds since 1970.
	InitialMoment int64  `json:"initial_date_time"`
	Multiline     bool   `json:"multiline"`
	MaxLength     int    `json:"max_length"`
	Placeholder   *words `json:"placeholder"`
	ImageURL      string `json:"image_url"`
	AltText       string `json:"alt_text"`
}

type option struct {
	Text        words  `json:"text"`
	Value       string `json:"value"`
	Description *words `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
}

type optionGroup struct {
	Label   words    `json:"label"`
	Options []option `json:"options"`
}

// label returns what a control says on its face.
func (e *element) label() words {
	var w words
	if json.Unmarshal(e.Text, &w) != nil {
		if err := json.Unmarshal(e.Text, &w.Text); err != nil {
			return words{}
		}
		w.Type = e.Type
	}
	return w
}

func (e *element) choices() []option {
	all := e.Options
	for _, g := range e.OptionGroups {
		all = append(all[:len(all):len(all)], g.Options...)
	}
	return all
}

// decodeBlocks reads blocks that were validated when they were posted.
func decodeBlocks(raw json.RawMessage) []block {
	var list []block
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	for i := range list {
		if list[i].BlockID == "" {
			list[i].BlockID = fmt.Sprintf("b%d", i+1)
		}
	}
	return list
}

func (b *block) controls() []*element {
	var all []*element
	for i := range b.Elements {
		all = append(all, &b.Elements[i])
	}
	if b.Accessory != nil {
		all = append(all, b.Accessory)
	}
	if b.Element != nil {
		all = append(all, b.Element)
	}
	return all
}

// findControl returns the action of using a control, or nil when the blocks
// have no such control or option.
func findControl(raw json.RawMessage, actionID, value string) fields {
	for _, b := range decodeBlocks(raw) {
		for _, e := range b.controls() {
			if e.ActionID != actionID {
				continue
			}
			if used := e.use(value); used != nil {
				used["action_id"], used["block_id"], used["type"] = actionID, b.BlockID, e.Type
				return used
			}
		}
	}
	return nil
}

// use returns the state of e after a person chose value, nil if they cannot.
func (e *element) use(value string) fields {
	switch e.Type {
	case "button":
		if value != "" && value != e.Value {
			return nil
		}
		return fields{"value": e.Value, "text": e.Text}
	case "overflow", "static_select", "radio_buttons":
		for _, o := range e.choices() {
			if value == "" || o.Value == value {
				return fields{"selected_option": o}
			}
		}
		return nil
	}
	return e.state(value, true)
}

// submitted returns state.values of a view: what was typed, else what the
// fields began with. It returns ErrIncomplete for an empty required field, as
// Slack's own client refuses to send it.
func submitted(raw json.RawMessage, typed map[string]string) (fields, error) {
	values, missing := fields{}, error(nil)
	for _, b := range decodeBlocks(raw) {
		e := b.Element
		if b.Type != "input" || e == nil {
			continue
		}
		value, given := typed[e.ActionID]
		if !given || e.ActionID == "" {
			value, given = typed[b.BlockID]
		}
		state := e.state(value, given)
		if state["empty"] == true && !b.Optional {
			missing = fmt.Errorf("%w: %s", ErrIncomplete, b.BlockID)
		}
		delete(state, "empty")
		state["type"] = e.Type
		values[b.BlockID] = fields{e.ActionID: state}
	}
	return values, missing
}

// state returns what the app is told of a field; "empty" marks nothing chosen.
func (e *element) state(value string, given bool) fields {
	var name, initial string
	switch e.Type {
	case "static_select", "radio_buttons":
		return e.optionState(value, given)
	case "multi_static_select", "checkboxes":
		return e.optionsState(value, given)
	case "datetimepicker":
		return e.momentState(value, given)
	case "users_select":
		name, initial = "selected_user", e.InitialUser
	case "datepicker":
		name, initial = "selected_date", e.InitialDate
	case "timepicker":
		name, initial = "selected_time", e.InitialTime
	default:
		name, initial = "value", e.InitialValue
	}
	if !given {
		value = initial
	}
	if value == "" {
		return fields{name: nil, "empty": true}
	}
	return fields{name: value}
}

// formMoment is how a browser's form sends a moment; the pages are in UTC.
const formMoment = "2006-01-02T15:04"

// momentState reads a moment in seconds since 1970, or as a browser's form
// sends it. Slack tells the app a number.
func (e *element) momentState(value string, given bool) fields {
	at := e.InitialMoment
	if given {
		var err error
		if at, err = strconv.ParseInt(value, 10, 64); err != nil {
			typed, err := time.Parse(formMoment, value)
			if err != nil {
				return fields{"selected_date_time": nil, "empty": true}
			}
			at = typed.Unix()
		}
	}
	if at == 0 {
		return fields{"selected_date_time": nil, "empty": true}
	}
	return fields{"selected_date_time": at}
}

// formInitial is what a browser's form shows of the moment at first.
func (e *element) formInitial() string {
	if e.InitialMoment == 0 {
		return ""
	}
	return time.Unix(e.InitialMoment, 0).UTC().Format(formMoment)
}

func (e *element) optionState(value string, given bool) fields {
	if !given && e.InitialOption != nil {
		value = e.InitialOption.Value
	}
	for _, o := range e.choices() {
		if o.Value == value && value != "" {
			return fields{"selected_option": o}
		}
	}
	return fields{"selected_option": nil, "empty": true}
}

func (e *element) optionsState(value string, given bool) fields {
	chosen := []option{}
	if !given {
		chosen = append(chosen, e.InitialOptions...)
	}
	for _, o := range e.choices() {
		if given && o.Value == value {
			chosen = append(chosen, o)
		}
	}
	return fields{"selected_options": chosen, "empty": len(chosen) == 0}
}

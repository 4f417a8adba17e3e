package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of Block Kit, in characters or in elements, as Slack's reference
// gives them (docs.slack.dev/reference/block-kit).
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxSectionText   = 3000
	maxFields        = 10
	maxFieldText     = 2000
	maxHeaderText    = 150
	maxContext       = 10
	maxActions       = 25
	maxButtonText    = 75
	maxButtonValue   = 2000
	maxURL           = 3000
	maxID            = 255
	maxAltText       = 2000
	maxOptions       = 100
	maxOverflow      = 5
	maxOptionText    = 75
	maxOptionValue   = 150
	maxChoices       = 10
	maxPlaceholder   = 150
	maxLabel         = 2000
	maxInitialValue  = 3000
	maxModalTitle    = 24
	maxPrivate       = 3000
	maxConfirmTitle  = 100
	maxConfirmText   = 300
	maxConfirmButton = 30
)

// ErrBlocks marks blocks or views that Slack would refuse with invalid_blocks
// or invalid_arguments.
var ErrBlocks = errors.New("invalid blocks")

// object is one JSON object with its members undecoded.
type object map[string]json.RawMessage

// ValidateBlocks reports everything Slack would refuse in the blocks of a
// message: unknown types and properties, missing ones, and every length and
// count over its limit. All mistakes are joined in one error that wraps
// ErrBlocks; each names its JSON pointer.
func ValidateBlocks(blocks []byte) error {
	c := &checker{allowed: messageBlocks}
	c.blocks("/blocks", blocks, maxMessageBlocks)
	return c.err()
}

// ValidateView reports everything Slack would refuse in a modal or home view,
// in the manner of ValidateBlocks.
func ValidateView(view []byte) error {
	c := &checker{allowed: viewBlocks}
	v := c.object("/view", view)
	if v == nil {
		return c.err()
	}
	kind := c.text("/view/type", v["type"])
	switch kind {
	case "modal":
		c.modal(v)
	case "home":
		c.only("/view", v, "type", "blocks", "private_metadata", "callback_id", "external_id")
	default:
		c.fail("/view/type", "must be modal or home, not %q", kind)
	}
	c.length("/view/callback_id", c.text("/view/callback_id", v["callback_id"]), maxID)
	c.length("/view/external_id", c.text("/view/external_id", v["external_id"]), maxID)
	c.length("/view/private_metadata", c.text("/view/private_metadata", v["private_metadata"]), maxPrivate)
	c.blocks("/view/blocks", v["blocks"], maxViewBlocks)
	return c.err()
}

var (
	messageBlocks = []string{"section", "actions", "context", "divider", "header", "image", "rich_text"}
	viewBlocks    = append([]string{"input"}, messageBlocks...)
)

// checker collects the mistakes of one message or view.
type checker struct {
	allowed  []string
	blockIDs []string
	errs     []error
}

func (c *checker) err() error {
	if len(c.errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrBlocks, errors.Join(c.errs...))
}

func (c *checker) fail(at, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

func (c *checker) modal(v object) {
	c.only("/view", v, "type", "title", "blocks", "close", "submit", "private_metadata", "callback_id",
		"clear_on_close", "notify_on_close", "external_id", "submit_disabled")
	c.need("/view", v, "title", "blocks")
	for _, name := range []string{"title", "close", "submit"} {
		if raw, ok := v[name]; ok {
			c.plain("/view/"+name, raw, maxModalTitle)
		}
	}
}

func (c *checker) blocks(at string, raw json.RawMessage, limit int) {
	list := c.list(at, raw)
	if len(list) > limit {
		c.fail(at, "no more than %d items allowed, there are %d", limit, len(list))
	}
	for i, b := range list {
		c.block(fmt.Sprintf("%s/%d", at, i), b)
	}
}

func (c *checker) block(at string, raw json.RawMessage) {
	b := c.object(at, raw)
	if b == nil {
		return
	}
	kind := c.text(at+"/type", b["type"])
	if !slices.Contains(c.allowed, kind) {
		c.fail(at+"/type", "unsupported type: %q", kind)
		return
	}
	if id := c.text(at+"/block_id", b["block_id"]); id != "" {
		c.length(at+"/block_id", id, maxID)
		if slices.Contains(c.blockIDs, id) {
			c.fail(at+"/block_id", "%q already exists", id)
		}
		c.blockIDs = append(c.blockIDs, id)
	}
	switch kind {
	case "section":
		c.section(at, b)
	case "actions":
		c.only(at, b, "type", "block_id", "elements")
		c.elements(at+"/elements", b["elements"], maxActions, actionElements)
	case "context":
		c.only(at, b, "type", "block_id", "elements")
		c.context(at+"/elements", b["elements"])
	case "header":
		c.only(at, b, "type", "block_id", "text", "level")
		c.plain(at+"/text", b["text"], maxHeaderText)
	case "divider":
		c.only(at, b, "type", "block_id")
	case "image":
		c.only(at, b, "type", "block_id", "image_url", "alt_text", "title", "slack_file")
		c.image(at, b)
	case "input":
		c.input(at, b)
	case "rich_text":
		c.only(at, b, "type", "block_id", "elements")
		c.list(at+"/elements", b["elements"])
	}
}

func (c *checker) section(at string, b object) {
	c.only(at, b, "type", "block_id", "text", "fields", "accessory", "expand")
	if b["text"] == nil && b["fields"] == nil {
		c.fail(at, "missing required field: text or fields")
	}
	if raw, ok := b["text"]; ok {
		c.rich(at+"/text", raw, maxSectionText)
	}
	if raw, ok := b["fields"]; ok {
		fields := c.list(at+"/fields", raw)
		if len(fields) > maxFields {
			c.fail(at+"/fields", "no more than %d items allowed, there are %d", maxFields, len(fields))
		}
		for i, f := range fields {
			c.rich(fmt.Sprintf("%s/fields/%d", at, i), f, maxFieldText)
		}
	}
	if raw, ok := b["accessory"]; ok {
		c.element(at+"/accessory", raw, append([]string{"image"}, actionElements...))
	}
}

func (c *checker) context(at string, raw json.RawMessage) {
	list := c.list(at, raw)
	if len(list) == 0 || len(list) > maxContext {
		c.fail(at, "needs 1 to %d items, there are %d", maxContext, len(list))
	}
	for i, e := range list {
		at := fmt.Sprintf("%s/%d", at, i)
		o := c.object(at, e)
		if c.text(at+"/type", o["type"]) == "image" {
			c.image(at, o)
			continue
		}
		c.rich(at, e, maxSectionText)
	}
}

func (c *checker) image(at string, o object) {
	c.need(at, o, "alt_text")
	c.length(at+"/alt_text", c.text(at+"/alt_text", o["alt_text"]), maxAltText)
	c.length(at+"/image_url", c.text(at+"/image_url", o["image_url"]), maxURL)
	if o["image_url"] == nil && o["slack_file"] == nil {
		c.fail(at, "missing required field: image_url or slack_file")
	}
}

func (c *checker) input(at string, b object) {
	c.only(at, b, "type", "block_id", "label", "element", "dispatch_action", "hint", "optional")
	c.need(at, b, "label", "element")
	c.plain(at+"/label", b["label"], maxLabel)
	if raw, ok := b["hint"]; ok {
		c.plain(at+"/hint", raw, maxLabel)
	}
	c.element(at+"/element", b["element"], inputElements)
}

func (c *checker) elements(at string, raw json.RawMessage, limit int, allowed []string) {
	list := c.list(at, raw)
	if len(list) == 0 || len(list) > limit {
		c.fail(at, "needs 1 to %d items, there are %d", limit, len(list))
	}
	var ids []string
	for i, e := range list {
		id := c.element(fmt.Sprintf("%s/%d", at, i), e, allowed)
		if id != "" && slices.Contains(ids, id) {
			c.fail(at, "action_id %q already exists", id)
		}
		ids = append(ids, id)
	}
}

// only reports members of o that Slack does not know at this place.
func (c *checker) only(at string, o object, names ...string) {
	for name := range o {
		if !slices.Contains(names, name) {
			c.fail(at, "invalid additional property: %s", name)
		}
	}
}

func (c *checker) need(at string, o object, names ...string) {
	for _, name := range names {
		if o[name] == nil {
			c.fail(at, "missing required field: %s", name)
		}
	}
}

// length checks s against limit in characters, and that it is no garbage.
func (c *checker) length(at, s string, limit int) {
	if n := utf8.RuneCountInString(s); n > limit {
		c.fail(at, "must be less than %d characters, it has %d", limit+1, n)
	}
}

func (c *checker) object(at string, raw json.RawMessage) object {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		c.fail(at, "must be an object")
		return nil
	}
	return o
}

func (c *checker) list(at string, raw json.RawMessage) []json.RawMessage {
	var l []json.RawMessage
	if err := json.Unmarshal(raw, &l); err != nil {
		c.fail(at, "must be an array")
	}
	return l
}

// text decodes a string member; an absent one is the empty string.
func (c *checker) text(at string, raw json.RawMessage) string {
	var s string
	if raw == nil {
		return ""
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		c.fail(at, "must be a string")
	}
	return s
}

// rich checks a text object of either kind.
func (c *checker) rich(at string, raw json.RawMessage, limit int) {
	o := c.object(at, raw)
	if o == nil {
		return
	}
	switch kind := c.text(at+"/type", o["type"]); kind {
	case "mrkdwn":
		c.only(at, o, "type", "text", "verbatim")
	case "plain_text":
		c.only(at, o, "type", "text", "emoji")
	default:
		c.fail(at+"/type", "must be mrkdwn or plain_text, not %q", kind)
	}
	c.words(at, o, limit)
}

// plain checks a text object that must be plain_text.
func (c *checker) plain(at string, raw json.RawMessage, limit int) {
	o := c.object(at, raw)
	if o == nil {
		return
	}
	if kind := c.text(at+"/type", o["type"]); kind != "plain_text" {
		c.fail(at+"/type", "must be plain_text, not %q", kind)
	}
	c.only(at, o, "type", "text", "emoji")
	c.words(at, o, limit)
}

func (c *checker) words(at string, o object, limit int) {
	s := c.text(at+"/text", o["text"])
	if strings.TrimSpace(s) == "" {
		c.fail(at+"/text", "must be more than 0 characters")
	}
	c.length(at+"/text", s, limit)
}

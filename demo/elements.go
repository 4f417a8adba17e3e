package demo

import (
	"encoding/json"
	"fmt"
	"slices"
)

var (
	actionElements = []string{"button", "overflow", "static_select", "multi_static_select", "users_select",
		"datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons"}
	inputElements = []string{"plain_text_input", "url_text_input", "email_text_input", "number_input",
		"static_select", "multi_static_select", "users_select", "datepicker", "timepicker", "datetimepicker",
		"checkboxes", "radio_buttons"}
	elementProperties = map[string][]string{
		"button":              {"text", "value", "url", "style", "confirm", "accessibility_label"},
		"overflow":            {"options", "confirm"},
		"static_select":       {"options", "option_groups", "initial_option", "placeholder", "confirm", "focus_on_load"},
		"multi_static_select": {"options", "option_groups", "initial_options", "placeholder", "confirm", "max_selected_items", "focus_on_load"},
		"users_select":        {"placeholder", "initial_user", "confirm", "focus_on_load"},
		"datepicker":          {"placeholder", "initial_date", "confirm", "focus_on_load"},
		"timepicker":          {"placeholder", "initial_time", "confirm", "focus_on_load", "timezone"},
		"datetimepicker":      {"initial_date_time", "confirm", "focus_on_load"},
		"checkboxes":          {"options", "initial_options", "confirm", "focus_on_load"},
		"radio_buttons":       {"options", "initial_option", "confirm", "focus_on_load"},
		"plain_text_input":    {"placeholder", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load"},
		"url_text_input":      {"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"},
		"email_text_input":    {"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"},
		"number_input":        {"placeholder", "initial_value", "is_decimal_allowed", "min_value", "max_value", "dispatch_action_config", "focus_on_load"},
		"image":               {"image_url", "alt_text", "slack_file"},
	}
)

// element checks one interactive element and returns its action_id.
func (c *checker) element(at string, raw json.RawMessage, allowed []string) string {
	e := c.object(at, raw)
	if e == nil {
		return ""
	}
	kind := c.text(at+"/type", e["type"])
	if !slices.Contains(allowed, kind) {
		c.fail(at+"/type", "unsupported type: %q", kind)
		return ""
	}
	c.only(at, e, append([]string{"type", "action_id"}, elementProperties[kind]...)...)
	id := c.text(at+"/action_id", e["action_id"])
	c.length(at+"/action_id", id, maxID)
	if raw, ok := e["placeholder"]; ok {
		c.plain(at+"/placeholder", raw, maxPlaceholder)
	}
	if raw, ok := e["confirm"]; ok {
		c.confirm(at+"/confirm", raw)
	}
	switch kind {
	case "button":
		c.button(at, e)
	case "image":
		c.image(at, e)
	case "overflow":
		c.options(at+"/options", e["options"], 2, maxOverflow, true)
	case "checkboxes", "radio_buttons":
		c.options(at+"/options", e["options"], 1, maxChoices, false)
	case "static_select", "multi_static_select":
		c.selectMenu(at, e)
	case "plain_text_input", "url_text_input", "email_text_input", "number_input":
		c.length(at+"/initial_value", c.text(at+"/initial_value", e["initial_value"]), maxInitialValue)
	}
	return id
}

func (c *checker) button(at string, e object) {
	c.plain(at+"/text", e["text"], maxButtonText)
	c.length(at+"/value", c.text(at+"/value", e["value"]), maxButtonValue)
	c.length(at+"/url", c.text(at+"/url", e["url"]), maxURL)
	c.length(at+"/accessibility_label", c.text(at+"/accessibility_label", e["accessibility_label"]), maxButtonText)
	if style := c.text(at+"/style", e["style"]); style != "" && style != "primary" && style != "danger" {
		c.fail(at+"/style", "must be primary or danger, not %q", style)
	}
}

func (c *checker) selectMenu(at string, e object) {
	if e["option_groups"] == nil {
		c.options(at+"/options", e["options"], 1, maxOptions, false)
		return
	}
	groups := c.list(at+"/option_groups", e["option_groups"])
	if len(groups) > maxOptions {
		c.fail(at+"/option_groups", "no more than %d items allowed, there are %d", maxOptions, len(groups))
	}
	for i, raw := range groups {
		at := fmt.Sprintf("%s/option_groups/%d", at, i)
		g := c.object(at, raw)
		c.plain(at+"/label", g["label"], maxOptionText)
		c.options(at+"/options", g["options"], 1, maxOptions, false)
	}
}

// options checks a list of choices. Only an overflow menu's may carry a URL.
func (c *checker) options(at string, raw json.RawMessage, least, most int, withURL bool) {
	list := c.list(at, raw)
	if len(list) < least || len(list) > most {
		c.fail(at, "needs %d to %d items, there are %d", least, most, len(list))
	}
	for i, raw := range list {
		at := fmt.Sprintf("%s/%d", at, i)
		o := c.object(at, raw)
		c.need(at, o, "text", "value")
		c.rich(at+"/text", o["text"], maxOptionText)
		value := c.text(at+"/value", o["value"])
		if value == "" {
			c.fail(at+"/value", "must be more than 0 characters")
		}
		c.length(at+"/value", value, maxOptionValue)
		if d, ok := o["description"]; ok {
			c.rich(at+"/description", d, maxOptionText)
		}
		if o["url"] != nil && !withURL {
			c.fail(at, "invalid additional property: url")
		}
		c.only(at, o, "text", "value", "description", "url")
	}
}

func (c *checker) confirm(at string, raw json.RawMessage) {
	o := c.object(at, raw)
	if o == nil {
		return
	}
	c.only(at, o, "title", "text", "confirm", "deny", "style")
	c.plain(at+"/title", o["title"], maxConfirmTitle)
	c.rich(at+"/text", o["text"], maxConfirmText)
	c.plain(at+"/confirm", o["confirm"], maxConfirmButton)
	c.plain(at+"/deny", o["deny"], maxConfirmButton)
}

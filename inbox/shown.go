package inbox

import "otklik/mention"

// What follows are the fixed choices that pages offer.

// Tones lists the tones.
func (page) Tones() []string {
	return []string{string(mention.Negative), string(mention.Neutral), string(mention.Positive)}
}

// Numbers lists the stars.
func (page) Numbers() []string { return []string{"1", "2", "3", "4", "5"} }

// Kinds lists what a task is about.
func (page) Kinds() []string { return []string{string(mention.Complaint), string(mention.Thanks)} }

// States lists the states of a task.
func (page) States() []string {
	return []string{string(mention.Open), string(mention.Taken), string(mention.Answered), string(mention.Confirmed), string(mention.Dismissed)}
}

// RejectReasons lists the reasons to dismiss a task.
func (page) RejectReasons() []mention.Reject { return mention.Rejects() }

// Themes lists the themes.
func (page) Themes() []string { return []string{"auto", "light", "dark"} }

// keyLine is a line of the help.
type keyLine struct {
	Keys []string
	Word string
}

// Cyrillic are the same places on a Russian keyboard.
func (k keyLine) Cyrillic() []string {
	places := map[string]string{"j": "о", "k": "л", "o": "щ", "v": "м", "u": "г", "x": "ч", "t": "е", "a": "ф", "n": "т", "s": "ы", "e": "у", "z": "я", "g": "п", "m": "ь", "/": ".", "?": ","}
	var out []string
	for _, key := range k.Keys {
		out = append(out, places[key])
	}
	return out
}

// KeyHelp lists the keys, by their place on a Latin keyboard.
func (page) KeyHelp() []keyLine {
	return []keyLine{
		{[]string{"j", "k"}, "key.move"}, {[]string{"o"}, "key.open"}, {[]string{"v"}, "key.visit"}, {[]string{"u"}, "key.up"},
		{[]string{"x"}, "key.pick"}, {[]string{"t"}, "key.take"}, {[]string{"a"}, "key.answer"}, {[]string{"n"}, "key.dismiss"},
		{[]string{"s"}, "key.snooze"}, {[]string{"e"}, "key.escalate"}, {[]string{"z"}, "key.undo"}, {[]string{"/"}, "key.search"},
		{[]string{"g", "m"}, "key.mine"}, {[]string{"g", "u"}, "key.free"}, {[]string{"g", "a"}, "key.all"}, {[]string{"g", "s"}, "key.sources"},
		{[]string{"?"}, "key.help"},
	}
}

// ViewHref is the address of a named view.
func (page) ViewHref(v mention.SavedView) string { return "/?" + v.Query }

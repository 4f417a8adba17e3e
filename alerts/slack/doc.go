// Package slack shows alerts in Slack and takes in what people press there.
//
// Outwards it turns a message into blocks with pure functions and posts or
// updates it through the Web API; every message carries metadata of the type
// "otklik_card" with the notice's key, by which it is found again. Inwards it
// reads button presses, forms and commands, over signed HTTP or Socket Mode,
// names the person and hands the act to the reply desk.
//
// It assumes that it is told the time and the rows. It stores nothing but
// names of people and channels for an hour, never sends a customer's text
// unescaped, and refuses to know routing, norms and SQL.
package slack

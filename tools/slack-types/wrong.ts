import type { KnownBlock } from "@slack/types";

// Mistakes that Slack would refuse. The compiler complains where one of them
// is not an error.
export const wrong: KnownBlock[] = [
  // @ts-expect-error: a section has text, not a title
  { type: "section", title: { type: "mrkdwn", text: "x" } },
  // @ts-expect-error: a button's text is plain
  { type: "actions", elements: [{ type: "button", action_id: "a", text: { type: "mrkdwn", text: "x" } }] },
  // @ts-expect-error: there is no such style
  { type: "actions", elements: [{ type: "button", action_id: "a", style: "green", text: { type: "plain_text", text: "x" } }] },
  // @ts-expect-error: a context holds no controls
  { type: "context", elements: [{ type: "button", action_id: "a", text: { type: "plain_text", text: "x" } }] },
];

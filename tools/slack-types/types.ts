import type { KnownBlock, MessageMetadata, ModalView } from "@slack/types";

export type { ModalView };

// Message is what chat.postMessage and chat.update are given.
export interface Message {
  text: string;
  blocks: KnownBlock[];
  metadata: MessageMetadata;
}

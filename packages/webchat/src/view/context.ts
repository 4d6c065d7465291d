import type { Button, QuickReply } from '../wire.ts';
import type { ChatLabels } from './labels.ts';

/** What a part of the view may need to know and do. */
export interface ViewContext {
  labels: ChatLabels;
  choose: (button: Button | QuickReply) => void;
  retry: (id: string) => void;
}

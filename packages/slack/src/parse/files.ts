import type { JsonObject, UserAttachment } from '@trunkline/core';
import { teamFields } from '../address.ts';
import type { Team } from '../clients.ts';
import { objectsAt, textAt } from './fields.ts';

/**
 * The files of a message. `url` wants the bot's token: `SlackInput.download` brings it. In Slack Connect
 * a file may come with nothing but its id.
 *
 * @see Slack: File object
 */
export function attachmentsOf(message: JsonObject, team: Team): UserAttachment[] {
  return objectsAt(message, 'files').flatMap((file) => {
    const id = textAt(file, 'id');
    if (id === null || file['mode'] === 'tombstone') return [];
    const mimeType = textAt(file, 'mimetype');
    const size = file['size'];
    const url = textAt(file, 'url_private_download') ?? textAt(file, 'url_private');
    const name = textAt(file, 'name') ?? textAt(file, 'title');
    const attachment: UserAttachment = { type: typeOf(mimeType), id, ...teamFields(team) };
    if (url !== null) attachment.url = url;
    if (name !== null) attachment.name = name;
    if (mimeType !== null) attachment.mimeType = mimeType;
    if (typeof size === 'number') attachment.sizeBytes = size;
    return [attachment];
  });
}

function typeOf(mimeType: string | null): UserAttachment['type'] {
  const [kind] = mimeType?.split('/') ?? [];
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file';
}

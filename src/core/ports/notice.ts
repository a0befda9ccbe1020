/**
 * The durable message that tells a caller of an ending or a question; in its inbox until it is acknowledged (D7).
 *
 * It carries no result of its own: the ending is read from the delegation it names, so there is one copy. The notice of
 * an ending has the key of its delegation, or of its batch, so it is found without an index and cannot be there twice.
 */
export type NoticeKind = 'settled' | 'asked' | 'batch';

export interface Notice {
  key: number;
  id: string;
  workspace: string;
  kind: NoticeKind;
  delegation: number | null;
  batch: number | null;
  createdAt: number;
  leasedUntil: number | null;
  deliveries: number;
  acknowledgedAt: number | null;
}

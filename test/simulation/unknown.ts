/** No answer: the platform died under the call, which may or may not have been carried out. */
export class Unknown extends Error {}

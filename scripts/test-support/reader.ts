/** Reads an answer piece by piece; `null` at its end. */
export function readerOf(response: Response): { next: () => Promise<string | null> } {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  return {
    next: async () => {
      const piece = await reader?.read();
      return piece === undefined || piece.done ? null : piece.value;
    },
  };
}

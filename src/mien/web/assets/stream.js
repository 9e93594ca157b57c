// Gradio hears of all that runs on one stream, which the server ends when nothing runs. If the
// answer to a press overtakes the news of that end, Gradio waits for the press on a stream that is
// over, and nothing ever happens. So the answer is held until the stream tells of the press or ends.
(() => {
  const send = window.fetch;
  let stream = null;

  const listen = async (one, body) => {
    const words = new TextDecoder();
    let rest = "";
    const reader = body.getReader();
    for (let part; !(part = await reader.read()).done; ) {
      rest += words.decode(part.value, { stream: true });
      for (const [, id] of rest.matchAll(/"event_id":\s*"(\w+)"/g)) one.heard.add(id);
      rest = rest.slice(-100);
      one.wake();
    }
  };
  const open = async (...asked) => {
    const one = (stream = { heard: new Set(), over: false, wakes: [] });
    one.wake = () => one.wakes.splice(0).forEach((wake) => wake());
    // A task later, so that Gradio has read the end as well.
    const end = () => setTimeout(() => ((one.over = true), one.wake()));
    try {
      const answer = await send(...asked);
      const [ours, theirs] = answer.body.tee();
      listen(one, ours).catch(() => {}).finally(end);
      return new Response(theirs, answer);
    } catch (error) {
      end();
      throw error;
    }
  };
  const join = async (...asked) => {
    const answer = await send(...asked);
    const id = answer.ok && (await answer.clone().json()).event_id, one = stream;
    while (id && one && !one.over && !one.heard.has(id))
      await new Promise((wake) => one.wakes.push(wake));
    return answer;
  };
  window.fetch = (...asked) => {
    const path = new URL(asked[0]?.url ?? asked[0], location).pathname;
    if (path.endsWith("/queue/data")) return open(...asked);
    return path.endsWith("/queue/join") ? join(...asked) : send(...asked);
  };
})();

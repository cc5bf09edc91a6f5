// The recomputations on the page of escalations, kept current while one is under way.
const turn = async () => {
  const answer = await fetch(location.href);
  if (!answer.ok) return setTimeout(turn, 10000);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("progress");
  const old = document.getElementById("progress");
  if (!fresh || !old) return;
  old.replaceWith(fresh);
  if (fresh.hasAttribute("data-busy")) setTimeout(turn, 1500);
};
setTimeout(turn, 1500);

const widget = (() => {
  const tints = { mlp: "first", cnn: "second", cnn_robust: "third" }, networks = {};
  for (const [name, stored] of Object.entries(data.networks)) networks[name] = networkFrom(stored);
  const digits = data.digits.map(text => Array.from(atob(text), c => c.charCodeAt(0) / 255));
  let after = digits[3];
  const before = stage.canvas("before", 1, (c, w) => stage.pixels(c, digits[index()], 8, 0, 0, w));
  const change = stage.canvas("change", 1, (c, w) => stage.pixels(c, after.map((v, i) => budget() ? (v - digits[index()][i]) / budget() : 0), 8, 0, 0, w, true));
  const result = stage.canvas("after", 1, (c, w) => stage.pixels(c, after, 8, 0, 0, w));
  const curve = stage.canvas("curve", 0.62, drawCurve);
  const at = stage.axes(curve, [0, Math.max(...data.epsilons) * 255], [0, 1], [36, 10, 12, 40]);
  const update = stage.bars("bars", data.labels.map(String));
  const digit = stage.choice("digit", show), network = stage.choice("network", show), method = stage.choice("method", show);
  const epsilon = stage.slider("epsilon", v => `${v}/255`, show);
  stage.button("none", () => { epsilon(0); show(); });
  stage.button("flip", () => {
    const found = smallest();
    epsilon(found === null ? 80 : found);
    show();
  });

  function index() { return digit ? data.labels.indexOf(Number(digit())) : 3; }
  function budget() { return epsilon ? epsilon() / 255 : 0; }
  function attacked(size) {
    const x = digits[index()], how = method();
    if (how === "noise") return x.map((v, i) => Math.min(1, Math.max(0, v + size * data.noise[i])));
    return networkAttack(networks[network()], x, data.labels[index()], size, Number(how));
  }
  function named(x) {
    const p = networkProbabilities(networks[network()], x);
    return { p, label: p.indexOf(Math.max(...p)) };
  }
  function smallest() {
    for (let k = 0; k <= 80; k += 1) if (named(attacked(k / 255)).label !== data.labels[index()]) return k;
    return null;
  }
  function show() {
    if (!epsilon) return;
    const truth = data.labels[index()], clean = named(digits[index()]);
    after = attacked(budget());
    const { p, label } = named(after), flipped = label !== truth;
    update(p, truth);
    stage.show("before-label", `${clean.label}, ${stage.percent(clean.p[clean.label])}`);
    stage.show("after-label", `${label}, ${stage.percent(p[label])}`);
    stage.get("after-label").className = flipped ? "second" : "third";
    const size = `${epsilon()}/255`;
    if (flipped) stage.verdict(`Flipped: with a change of at most ${size} per pixel, the ${truth} is called a ${label}.`, "bad");
    else if (!epsilon()) stage.verdict(`No change: the network calls it a ${label}.`, "good");
    else stage.verdict(`Still a ${truth} at ${size}; its probability went from ${stage.percent(clean.p[truth])} to ${stage.percent(p[truth])}.`, "good");
    for (const one of [before, change, result, curve]) one.redraw();
  }
  function drawCurve(context) {
    at.grid(context, [0, 20, 40, 60, 80], [0, 0.25, 0.5, 0.75, 1], "budget in 1/255", "");
    context.save();
    for (const [name, values] of Object.entries(data.accuracy)) {
      context.strokeStyle = stage.colours[tints[name]];
      context.lineWidth = network && network() === name ? 4 : 2;
      context.beginPath();
      values.forEach((v, i) => context.lineTo(at.x(data.epsilons[i] * 255), at.y(v)));
      context.stroke();
    }
    context.strokeStyle = stage.colours.ink;
    context.setLineDash([4, 4]);
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(at.x(budget() * 255), at.y(0));
    context.lineTo(at.x(budget() * 255), at.y(1));
    context.stroke();
    context.restore();
  }

  show();
  return { networks, digits, named, smallest, get after() { return after; } };
})();

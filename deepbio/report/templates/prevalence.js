"use strict";
// Redraws decision curves and predictive values for the prevalence of the reader, by Bayes' rule.
function adjusted(p, from, to) {
  const yes = p * to / from, no = (1 - p) * (1 - to) / (1 - from);
  return yes / (yes + no);
}
function rates(curve, threshold) {
  let last = -1;
  while (last + 1 < curve.at.length && curve.at[last + 1] >= threshold - 1e-9) last += 1;
  return last < 0 ? [0, 0] : [curve.true[last], curve.false[last]];
}
function end(prevalence, scale) {
  return Math.min(1, scale.prevalences * prevalence);
}
function points(benefit, prevalence, scale) {
  const found = [];
  for (let i = 0; i < 100; i += 1) {
    const act = end(prevalence, scale) * i / 100;
    const part = Math.max(benefit(act) / prevalence, -scale.below - 0.05);
    const x = scale.left + scale.width * i / 100, y = scale.top + scale.height * (1 - part) / (1 + scale.below);
    found.push(x.toFixed(1) + "," + y.toFixed(1));
  }
  return found.join(" ");
}
function percent(value) {
  return Number.isFinite(value) ? (100 * value).toPrecision(3) + "%" : "none";
}
function draw(box, data, prevalence) {
  const cost = act => act / (1 - act);
  data.curves.forEach((curve, k) => {
    const line = points(act => {
      const [hit, extra] = rates(curve, adjusted(act, prevalence, data.assumed));
      return prevalence * hit - (1 - prevalence) * extra * cost(act);
    }, prevalence, data.scale);
    box.querySelectorAll(".curve")[k].setAttribute("points", line);
    const row = box.querySelectorAll("tbody tr")[k], at = curve.point;
    if (!row || !at) return;
    const hit = prevalence * at.sensitivity, extra = (1 - prevalence) * (1 - at.specificity);
    const refused = (1 - prevalence) * at.specificity, missed = prevalence * (1 - at.sensitivity);
    row.querySelector(".threshold").textContent = adjusted(at.threshold, data.assumed, prevalence).toPrecision(3);
    row.querySelector(".ppv").textContent = percent(hit / (hit + extra));
    row.querySelector(".npv").textContent = percent(refused / (refused + missed));
  });
  box.querySelector(".everybody").setAttribute("points",
    points(act => prevalence - (1 - prevalence) * cost(act), prevalence, data.scale));
  box.querySelector(".top").textContent = prevalence.toPrecision(2);
  box.querySelector(".half").textContent = (prevalence / 2).toPrecision(2);
  box.querySelectorAll(".tick").forEach((one, k) => { one.textContent = percent(k / 4 * end(prevalence, data.scale)); });
  box.querySelectorAll(".shown").forEach(one => { one.textContent = percent(prevalence); });
  box.querySelectorAll("[data-p]").forEach(one => {
    one.textContent = percent(adjusted(Number(one.dataset.p), data.assumed, prevalence));
  });
}
document.querySelectorAll(".prevalence").forEach(box => {
  const data = JSON.parse(box.dataset.curve), slider = box.querySelector("input");
  const logit = p => Math.log(p / (1 - p)), show = () => draw(box, data, 1 / (1 + Math.exp(-slider.value)));
  slider.value = logit(data.assumed);
  slider.addEventListener("input", show);
  box.querySelector(".control").hidden = false;
  const asked = /^#prevalence=(0?\.\d+)$/.exec(location.hash);
  if (asked) {
    slider.value = logit(Number(asked[1]));
    draw(box, data, Number(asked[1]));
  }
});

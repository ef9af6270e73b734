const widget = (() => {
  const model = evidenceFrom(data), NONE = "None of these", names = Object.fromEntries(data.groups.flatMap(([, items]) => items));
  const shown = 8, radios = [...document.querySelectorAll(".finding input")];
  let chosen = "";
  for (const [key, token] of Object.entries(data.ages)) names[token] = key;
  for (const [key, token] of Object.entries(data.sexes)) names[token] = key;
  const note = stage.choice("note", start);
  for (const id of ["age", "sex"]) stage.get(id).addEventListener("change", show);
  for (const one of radios) one.addEventListener("change", show);

  function start(name) {
    const found = data.notes[name], set = (token, value) => { document.querySelector(`.finding input[name="${token}"][value="${value}"]`).checked = true; };
    for (const token of Object.keys(names)) if (document.querySelector(`.finding input[name="${token}"]`)) set(token, "");
    for (const token of found.present) set(token, "yes");
    for (const token of found.absent) set(token, "no");
    stage.get("age").value = found.age;
    stage.get("sex").value = found.sex;
    chosen = "";
    show();
  }
  // Tokens as the model reads them: a finding, a negated finding, age and sex.
  function tokens() {
    const marked = radios.filter(one => one.checked && one.value).map(one => (one.value === "no" ? data.mark : "") + one.name);
    return [...marked, data.ages[stage.get("age").value], data.sexes[stage.get("sex").value]].filter(Boolean);
  }
  function word(token) { return token.startsWith(data.mark) ? "no " + names[token.slice(1)] : names[token]; }

  function show() {
    const read = tokens(), p = evidenceProbabilities(model, read), affirmed = radios.filter(one => one.checked && one.value === "yes").length;
    const order = p.map((_, k) => k).sort((a, b) => p[b] - p[a]), none = p[model.labels.indexOf(NONE)];
    const diseases = order.filter(k => model.labels[k] !== NONE), first = diseases[0];
    if (affirmed < 2) stage.verdict(`${affirmed ? "One finding is" : "No findings are"} present: too little to judge.`, "bad");
    else if (none >= 0.5) stage.verdict(`The findings fit none of the 50 diseases: ${stage.percent(none)}.`, "bad");
    else stage.verdict(`${model.labels[first]}: ${stage.percent(p[first])}. Research and teaching only.`, "good");
    const list = stage.get("ranked"), rows = order.slice(0, shown);
    if (!model.labels.includes(chosen) || !rows.includes(model.labels.indexOf(chosen))) chosen = model.labels[first];
    while (list.children.length < shown) {
      const row = document.createElement("li");
      row.innerHTML = "<button type=\"button\"><span></span><span class=\"p\"></span><span class=\"track\"><i></i></span></button>";
      row.firstChild.addEventListener("click", () => { chosen = row.firstChild.firstChild.textContent; show(); });
      list.append(row);
    }
    rows.forEach((k, i) => {
      const button = list.children[i].firstChild;
      button.children[0].textContent = model.labels[k];
      button.children[1].textContent = stage.percent(p[k]);
      button.querySelector("i").style.width = 100 * p[k] + "%";
      button.className = model.labels[k] === NONE ? "none" : "";
      button.setAttribute("aria-pressed", String(model.labels[k] === chosen));
    });
    showParts(read);
  }
  function showParts(read) {
    const parts = evidenceFor(model, read, model.labels.indexOf(chosen)).sort((a, b) => b.weight - a.weight);
    const most = Math.max(2, ...parts.map(one => Math.abs(one.weight)));
    stage.show("parts-title", "Evidence for " + chosen);
    stage.get("parts").replaceChildren(...parts.map(({ token, weight }) => {
      const row = document.createElement("li");
      row.innerHTML = "<span></span><span class=\"axis\"><i></i></span><span></span>";
      const bar = row.querySelector("i"), long = 50 * Math.abs(weight) / most;
      row.children[0].textContent = word(token);
      bar.style.width = long + "%";
      bar.style.left = (weight < 0 ? 50 - long : 50) + "%";
      bar.style.background = weight < 0 ? "var(--second)" : "var(--third)";
      row.children[2].textContent = (weight > 0 ? "+" : "") + stage.number(weight, 1);
      return row;
    }));
  }

  start(note());
  return { model, tokens, probabilities: () => evidenceProbabilities(model, tokens()) };
})();

"use strict";
// Sends forms as jobs, shows their progress and results, and cancels them. It asks nothing but its own server.
(() => {
  const base = document.body.dataset.base;
  const running = new Map(); // place of a result to its job

  const make = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    made.textContent = text ?? "";
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  const call = async (address, options) => {
    let answer;
    try {
      answer = await fetch(address, options);
    } catch {
      throw new Error("The app does not answer. Was it stopped? Start it again: deepbio app");
    }
    const content = await answer.json();
    if (!answer.ok) throw new Error(content.error ?? `The app answered with ${answer.status}.`);
    return content;
  };

  const cancel = (id) => fetch(`${base}/api/jobs/${id}`, { method: "DELETE", keepalive: true }).catch(() => {});

  const fail = (place, message) => place.replaceChildren(make("p", message, { class: "problem", role: "alert" }));

  const showProgress = (place, job) => {
    let box = place.querySelector(".working");
    if (!box) {
      box = make("div", "", { class: "working" });
      const button = make("button", "Cancel", { type: "button", "data-cancel": "" });
      button.addEventListener("click", () => stop(place, "Cancelled."));
      box.append(make("p", "", { role: "status" }), make("progress", "", { "aria-label": "Progress" }), button);
      place.replaceChildren(box);
    }
    box.querySelector("p").textContent = job.message;
    const bar = box.querySelector("progress");
    if (job.total > 0) {
      bar.max = job.total;
      bar.value = job.done;
    } else bar.removeAttribute("value");
  };

  const stop = (place, message) => {
    const job = running.get(place);
    running.delete(place);
    if (job?.id) cancel(job.id);
    if (message) place.replaceChildren(make("p", message, { class: "muted", role: "status" }));
  };

  const send = async (form, action, place) => {
    stop(place);
    const mine = { id: null };
    running.set(place, mine);
    place.setAttribute("aria-busy", "true");
    const current = () => running.get(place) === mine;
    showProgress(place, { message: "Sending", total: 0 });
    try {
      let job = await call(action, { method: "POST", body: new FormData(form) });
      mine.id = job.id;
      if (!current()) return cancel(job.id);
      while (["waiting", "running"].includes(job.state)) {
        showProgress(place, job);
        job = await call(`${base}/api/jobs/${job.id}?wait=0.4`);
        if (!current()) return;
      }
      if (job.state !== "done") fail(place, job.message);
      else {
        const page = await fetch(`${base}/jobs/${job.id}`);
        const text = await page.text();
        if (!current()) return;
        place.innerHTML = text; // made by our own templates, which escape everything
        place.querySelector("h2")?.focus({ preventScroll: true });
        const { top } = place.getBoundingClientRect();
        if (top < 0 || top > window.innerHeight * 0.7) place.scrollIntoView({ block: "start" });
      }
    } catch (error) {
      if (current()) fail(place, error.message);
    } finally {
      if (current()) {
        running.delete(place);
        place.removeAttribute("aria-busy");
      }
    }
  };

  for (const form of document.querySelectorAll("form.job")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = event.submitter;
      const place = document.getElementById(button?.dataset.result ?? form.dataset.result);
      send(form, button?.hasAttribute("formaction") ? button.formAction : form.action, place);
    });
    const model = form.querySelector('select[name="model"]');
    const targets = form.querySelector("select[data-targets]");
    const hint = form.querySelector('[data-hint="length"]');
    const choose = () => {
      const option = model?.selectedOptions[0];
      if (!option) return;
      if (targets) {
        const labels = JSON.parse(option.dataset.labels || "[]");
        targets.replaceChildren(targets.options[0], ...labels.slice(0, 500).map((label) => make("option", label, { value: label })));
      }
      if (hint) hint.textContent = `${option.value} takes ${Number(option.dataset.length).toLocaleString("en")} bases.`;
    };
    model?.addEventListener("change", choose);
    choose();
  }

  for (const button of document.querySelectorAll("[data-fill]")) {
    button.addEventListener("click", () => {
      const form = button.closest("form");
      const field = form.elements[button.dataset.fill];
      field.value = button.dataset.text;
      if (button.dataset.model) {
        form.elements.model.value = button.dataset.model;
        form.elements.model.dispatchEvent(new Event("change"));
      }
      field.focus();
    });
  }

  for (const range of document.querySelectorAll('input[type="range"]')) {
    const shown = range.form.querySelector(`output[data-of="${range.name}"]`);
    range.addEventListener("input", () => (shown.textContent = range.value));
    range.addEventListener("change", () => {
      const button = range.form.querySelector(`[data-name="${range.dataset.submits}"]`);
      if (range.form.checkValidity()) range.form.requestSubmit(button);
    });
  }

  for (const zone of document.querySelectorAll(".drop")) {
    const input = zone.querySelector("input");
    for (const name of ["dragenter", "dragover"]) {
      zone.addEventListener(name, (event) => {
        event.preventDefault();
        zone.classList.add("over");
      });
    }
    for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.textContent = "Copied";
    });
  }

  for (const field of document.querySelectorAll("[data-filter]")) {
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const item of document.getElementById(field.dataset.filter).children) {
        const content = item.textContent.toLowerCase();
        item.hidden = !words.every((word) => content.includes(word));
      }
    });
  }

  window.addEventListener("pagehide", () => {
    for (const job of running.values()) if (job.id) cancel(job.id);
  });
})();

// A button copies the text that it names. Where that cannot be done, there is no button: the text can be selected.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("button[data-copies]")) {
    button.hidden = false;
    const says = button.textContent;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copies);
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected: copy it by the keyboard";
      }
      setTimeout(() => { button.textContent = says; }, 2000);
    });
  }
}

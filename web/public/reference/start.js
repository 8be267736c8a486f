// Of GET /v1/docs: puts Swagger UI in the place of the plain list of operations, which stays where this script cannot run.
const dark = matchMedia('(prefers-color-scheme: dark)')
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
follow()
dark.addEventListener('change', follow)
SwaggerUIBundle({
  url: '/v1/openapi.json',
  domNode: document.getElementById('operations'),
  deepLinking: false, // its links lie inside of buttons, where keyboards and screen readers do not find them
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // nothing is sent elsewhere
})

/* Swagger UI on our own OpenAPI document. "Try it out" asks as whoever is signed in here, or with a token. */
/* global SwaggerUIBundle */
const place = document.getElementById("swagger-ui");

SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});

/** Generated from docs/openapi.json by test/edge/openapi.test.ts. */
export interface paths {
    "/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether screenings are answered, by one model everywhere
         * @description Asks each part which model it has: the inference server, the edge’s own run of the model, and the model that the page brings to the device. It fails where one has another model than the edge works by, or where nobody can infer. The answer is a few seconds old at most.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/model": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What scores here: the manifest, with the preprocess id that tensors carry
         * @description What scores here: the manifest, with the preprocess id that tensors carry.
         */
        get: operations["getModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/screenings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Screen a chest X-ray
         * @description The body is the image, a form with the file part `image`, or the tensor that was made of the image (an Open Inference Protocol v2 request with one input and its binary data). Nothing of it is kept. Charged once, when it is answered.
         */
        post: operations["createScreening"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/screenings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a screening with `Prefer: respond-async` stands, and its answer once it is there
         * @description How a screening with `Prefer: respond-async` stands, and its answer once it is there.
         */
        get: operations["getScreening"];
        put?: never;
        post?: never;
        /**
         * Cancel a screening that waits, at no cost, or forget the answer of one that has ended
         * @description Cancel a screening that waits, at no cost, or forget the answer of one that has ended.
         */
        delete: operations["deleteScreening"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest batches, and how they stand
         * @description The newest batches, and how they stand.
         */
        get: operations["listBatches"];
        put?: never;
        /**
         * Screen an archive: a manifest of where its images lie
         * @description The body is the manifest: one image a line, as NDJSON with one of `url`, `r2` and `dicomweb`, and perhaps `id`; or as CSV with a header of these columns. At most 100000 items, none twice. Each item is charged once, when its result is there, however often it was tried.
         */
        post: operations["createBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{batch}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a batch stands, and when it will have ended
         * @description How a batch stands, and when it will have ended.
         */
        get: operations["getBatch"];
        put?: never;
        post?: never;
        /**
         * Delete a batch that has ended, with its results
         * @description Delete a batch that has ended, with its results.
         */
        delete: operations["deleteBatch"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{batch}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin no further item; those under way are finished
         * @description Begin no further item; those under way are finished.
         */
        post: operations["pauseBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{batch}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on
         * @description Go on.
         */
        post: operations["resumeBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{batch}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End it: what was begun is finished, the rest costs nothing
         * @description End it: what was begun is finished, the rest costs nothing.
         */
        post: operations["cancelBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{batch}/rerun": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Screen the failed items again
         * @description Screen the failed items again.
         */
        post: operations["rerunBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{batch}/failures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Items without a result, and why
         * @description Items without a result, and why.
         */
        get: operations["listBatchFailures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/batches/{batch}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The results so far, as they are read: NDJSON, CSV or FHIR
         * @description NDJSON has a line for each item: `screening` as POST /v1/screenings answers it, or `problem`. CSV has the columns of `detl screen --csv`. FHIR, for a batch made with `?fhir=true`, comes as one DiagnosticReport a line, or as Bundles, each with a link to the next. Lines come in the order in which items ended; `item` is the place in the manifest.
         */
        get: operations["getBatchResults"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find studies of which something is kept (QIDO-RS)
         * @description Find studies of which something is kept (QIDO-RS). Asked by attributes of PS3.18, tables 10.6.1-2 and 10.6.1-5, as tags or keywords; what is not known is named in `Warning`.
         */
        get: operations["searchForStudies"];
        put?: never;
        /**
         * Screen DICOM objects (STOW-RS)
         * @description Each image is a screening of its own: taken in, scored and charged as by `POST /v1/screenings`, and what fails of one is said of that one. An object that comes again within 24 h, alone or with the same `Idempotency-Key`, is not charged again.
         */
        post: operations["storeInstances"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The kept objects of this study (WADO-RS)
         * @description The kept objects of this study (WADO-RS).
         */
        get: operations["retrieveStudy"];
        put?: never;
        /**
         * Screen DICOM objects of one study (STOW-RS)
         * @description Each image is a screening of its own: taken in, scored and charged as by `POST /v1/screenings`, and what fails of one is said of that one. An object that comes again within 24 h, alone or with the same `Idempotency-Key`, is not charged again.
         */
        post: operations["storeStudyInstances"];
        /**
         * Forget what is kept of this study
         * @description Forget what is kept of this study.
         */
        delete: operations["deleteStudy"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find series of which something is kept (QIDO-RS)
         * @description Find series of which something is kept (QIDO-RS). Asked by attributes of PS3.18, tables 10.6.1-2 and 10.6.1-5, as tags or keywords; what is not known is named in `Warning`.
         */
        get: operations["searchForSeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find instances of which something is kept (QIDO-RS)
         * @description Find instances of which something is kept (QIDO-RS). Asked by attributes of PS3.18, tables 10.6.1-2 and 10.6.1-5, as tags or keywords; what is not known is named in `Warning`.
         */
        get: operations["searchForInstances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find series of a study of which something is kept (QIDO-RS)
         * @description Find series of a study of which something is kept (QIDO-RS). Asked by attributes of PS3.18, tables 10.6.1-2 and 10.6.1-5, as tags or keywords; what is not known is named in `Warning`.
         */
        get: operations["searchForStudySeries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find instances of a study of which something is kept (QIDO-RS)
         * @description Find instances of a study of which something is kept (QIDO-RS). Asked by attributes of PS3.18, tables 10.6.1-2 and 10.6.1-5, as tags or keywords; what is not known is named in `Warning`.
         */
        get: operations["searchForStudyInstances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/series/{series}/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find instances of a series of which something is kept (QIDO-RS)
         * @description Find instances of a series of which something is kept (QIDO-RS). Asked by attributes of PS3.18, tables 10.6.1-2 and 10.6.1-5, as tags or keywords; what is not known is named in `Warning`.
         */
        get: operations["searchForStudySeriesInstances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All but the bytes of this study’s objects
         * @description All but the bytes of this study’s objects.
         */
        get: operations["retrieveStudyMetadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/series/{series}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The kept objects of this series (WADO-RS)
         * @description The kept objects of this series (WADO-RS).
         */
        get: operations["retrieveSeries"];
        put?: never;
        post?: never;
        /**
         * Forget what is kept of this series
         * @description Forget what is kept of this series.
         */
        delete: operations["deleteSeries"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/series/{series}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All but the bytes of this series’s objects
         * @description All but the bytes of this series’s objects.
         */
        get: operations["retrieveSeriesMetadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/series/{series}/instances/{instance}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The kept objects of this instance (WADO-RS)
         * @description The kept objects of this instance (WADO-RS).
         */
        get: operations["retrieveInstance"];
        put?: never;
        post?: never;
        /**
         * Forget what is kept of this instance
         * @description Forget what is kept of this instance.
         */
        delete: operations["deleteInstance"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/series/{series}/instances/{instance}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All but the bytes of this instance’s objects
         * @description All but the bytes of this instance’s objects.
         */
        get: operations["retrieveInstanceMetadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Frames of a kept image, uncompressed
         * @description Frames of a kept image, uncompressed.
         */
        get: operations["retrieveFrames"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/dicomweb/studies/{study}/series/{series}/instances/{instance}/bulkdata/{tag}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bytes of an element of a kept object
         * @description Bytes of an element of a kept object.
         */
        get: operations["retrieveBulkdata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/comparisons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare chest X-rays of one patient
         * @description The body is a form with 2 to 8 films, in the order of time; where all state their date, that decides. A part `screening` with the id of a kept answer may stand for a film. Ids alone are sent as JSON. Each image is charged as one screening, once all are answered; kept answers are not charged again. It tells whether less or more of the lungs is opaque, not how the patient is; it was not validated clinically.
         */
        post: operations["createComparison"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plan, limits and settings
         * @description Plan, limits and settings.
         */
        get: operations["getAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/account/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Replace all settings that answers are made with
         * @description What the body does not name is lost: `PATCH` changes one and keeps the others. Test keys have settings of their own, once they have set some; until then those of the live keys hold for them.
         */
        put: operations["putSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change some settings that answers are made with
         * @description JSON Merge Patch (RFC 7396): what the body does not name stays, `null` takes away. Test keys have settings of their own, once they have set some; until then those of the live keys hold for them.
         */
        patch: operations["patchSettings"];
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Screenings by day, key and outcome; JSON, or CSV by Accept
         * @description A test key is shown those of test keys; a live key all.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what when, newest first: changes, and screenings with their code
         * @description A test key is shown what test keys did; a live key all.
         */
        get: operations["getAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * API keys, without their secrets
         * @description A test key is shown test keys; a live key all.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make an API key; its secret is in this answer and nowhere else
         * @description A key makes, rotates and revokes only keys that have nothing that it has not itself: mode, scopes, and the time until which it holds. Made without an end, a key ends with the one that made it.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{key}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a successor of a key; the old one holds a while longer
         * @description The successor has the name, mode, scopes and end of the old key. A key that has expired has none.
         */
        post: operations["rotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key, from the next request on
         * @description Revoke a key, from the next request on.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Webhooks, without their secrets
         * @description Webhooks, without their secrets.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Have an address told when a job has ended (Standard Webhooks); the secret is in this answer and nowhere else
         * @description Have an address told when a job has ended (Standard Webhooks); the secret is in this answer and nowhere else.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Tell an address no more
         * @description Tell an address no more.
         */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ids of all accounts
         * @description Ids of all accounts.
         */
        get: operations["listAccounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts/{account}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Make an account, or replace its name, plan and billing customer
         * @description What the body does not name is lost, but for limits: `PATCH` changes one thing and keeps the others.
         */
        put: operations["putAccount"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change some of an account: name, plan, limits, billing customer
         * @description JSON Merge Patch (RFC 7396): what the body does not name stays, `null` takes away.
         */
        patch: operations["patchAccount"];
        trace?: never;
    };
    "/v1/admin/accounts/{account}/credits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add credits that were paid for
         * @description Add credits that were paid for.
         */
        post: operations["addCredits"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/reconcile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare the ledgers with the billing provider
         * @description Compare the ledgers with the billing provider.
         */
        post: operations["reconcile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts/{account}/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plan, limits and settings
         * @description Plan, limits and settings.
         */
        get: operations["adminGetAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts/{account}/account/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Replace all settings that answers are made with
         * @description What the body does not name is lost: `PATCH` changes one and keeps the others. Test keys have settings of their own, once they have set some; until then those of the live keys hold for them.
         */
        put: operations["adminPutSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change some settings that answers are made with
         * @description JSON Merge Patch (RFC 7396): what the body does not name stays, `null` takes away. Test keys have settings of their own, once they have set some; until then those of the live keys hold for them.
         */
        patch: operations["adminPatchSettings"];
        trace?: never;
    };
    "/v1/admin/accounts/{account}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Screenings by day, key and outcome; JSON, or CSV by Accept
         * @description A test key is shown those of test keys; a live key all.
         */
        get: operations["adminGetUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts/{account}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what when, newest first: changes, and screenings with their code
         * @description A test key is shown what test keys did; a live key all.
         */
        get: operations["adminGetAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts/{account}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * API keys, without their secrets
         * @description A test key is shown test keys; a live key all.
         */
        get: operations["adminListKeys"];
        put?: never;
        /**
         * Make an API key; its secret is in this answer and nowhere else
         * @description A key makes, rotates and revokes only keys that have nothing that it has not itself: mode, scopes, and the time until which it holds. Made without an end, a key ends with the one that made it.
         */
        post: operations["adminCreateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts/{account}/keys/{key}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a successor of a key; the old one holds a while longer
         * @description The successor has the name, mode, scopes and end of the old key. A key that has expired has none.
         */
        post: operations["adminRotateKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/accounts/{account}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a key, from the next request on
         * @description Revoke a key, from the next request on.
         */
        delete: operations["adminRevokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Health: {
            /** @enum {string} */
            status: "ok" | "degraded" | "failing";
            model: {
                name: string;
                version: string | null;
                onnx: string | null;
                manifest: string | null;
            };
            parts: {
                /** @enum {string} */
                part: "gpu" | "fallback" | "device";
                /** @enum {string} */
                state: "ok" | "away" | "absent" | "differs";
                model: {
                    name: string;
                    version: string | null;
                    onnx: string | null;
                    manifest: string | null;
                } | null;
                runs: {
                    sha256: string;
                    /** @enum {string} */
                    precision: "fp32" | "int8";
                } | null;
            }[];
        };
        Problem: {
            /** @enum {string} */
            type: "/problems/request-invalid" | "/problems/image-missing" | "/problems/key-missing" | "/problems/key-invalid" | "/problems/signature-missing" | "/problems/signature-invalid" | "/problems/signature-expired" | "/problems/signature-replayed" | "/problems/token-invalid" | "/problems/credits-exhausted" | "/problems/scope-missing" | "/problems/not-found" | "/problems/method-not-allowed" | "/problems/not-acceptable" | "/problems/upload-timeout" | "/problems/upload-incomplete" | "/problems/encoding-unsupported" | "/problems/conflict" | "/problems/precondition-failed" | "/problems/idempotency-in-flight" | "/problems/idempotency-stale" | "/problems/preprocess-mismatch" | "/problems/image-too-large" | "/problems/body-too-large" | "/problems/image-unsupported" | "/problems/image-undecodable" | "/problems/image-unsuitable" | "/problems/patients-differ" | "/problems/comparison-unavailable" | "/problems/idempotency-mismatch" | "/problems/source-refused" | "/problems/source-missing" | "/problems/webhook-refused" | "/problems/quota-exhausted" | "/problems/concurrency-limited" | "/problems/rate-limited" | "/problems/item-lost" | "/problems/internal" | "/problems/upstream-invalid" | "/problems/issuer-unavailable" | "/problems/source-unavailable" | "/problems/source-not-asked" | "/problems/upstream-unavailable" | "/problems/overloaded" | "/problems/upstream-timeout" | "/problems/deadline-exceeded";
            title: string;
            status: number;
            detail: string;
            instance?: string;
        };
        Model: {
            /** @enum {integer} */
            schema: 2;
            name: string;
            version: string;
            /** Format: date-time */
            createdAt: string;
            labels: string[];
            classes?: {
                id: string;
                finding: boolean;
                name: {
                    en: string;
                    de?: string;
                };
                snomed?: {
                    code: string;
                    display: string;
                };
                codes?: {
                    /** Format: uri */
                    system: string;
                    code: string;
                    display: string;
                }[];
            }[];
            /**
             * @default single
             * @enum {string}
             */
            labelling: "single" | "multi";
            input: {
                /** @enum {string} */
                name: "image";
                shape: [
                    -1,
                    1,
                    number,
                    number
                ];
                scale: number;
            };
            preprocess: {
                /** @enum {string} */
                name: "cxr-grey";
                /** @enum {integer} */
                version: 2;
                size: number;
                workingSize: number;
                decodeMargin: {
                    jpeg: number;
                    wavelet: number;
                };
                frame: {
                    tolerance: number;
                    markerShare: number;
                    maxFraction: number;
                };
                window: {
                    region: number;
                    ends: number;
                    percentiles: [
                        number,
                        number,
                        number
                    ];
                    levels: [
                        number,
                        number,
                        number
                    ];
                    middleRange: [
                        number,
                        number
                    ];
                };
                padLevel: number;
            };
            gate: {
                /** @enum {string} */
                likeness: "chest-pca@2";
                mostUnlike: number;
                within: number;
                outside: number;
                sure: {
                    advantage: number;
                    within: number;
                };
                detail: {
                    min: number;
                    soft: number;
                    max: number;
                };
                minSide: number;
                smallSide: number;
                maxChroma: number;
                photographChroma: number;
                minContrast: number;
                maxClipped: number;
                maxAspect: number;
            };
            cam: {
                /** @enum {string} */
                method: "gradcam" | "gradcam++" | "layercam" | "hirescam";
                layer: string;
                height: number;
                width: number;
                stride: number;
                offset: number;
            };
            temperature: number;
            operatingPoints: {
                [key: string]: {
                    screening: {
                        threshold: number;
                        fittedOn?: string[];
                        sensitivity: {
                            value: number;
                            low: number;
                            high: number;
                            n: number;
                        };
                        specificity: {
                            value: number;
                            low: number;
                            high: number;
                            n: number;
                        };
                        unseen?: {
                            source: string;
                            sensitivity: {
                                value: number;
                                low: number;
                                high: number;
                                n: number;
                            };
                            specificity?: {
                                value: number;
                                low: number;
                                high: number;
                                n: number;
                            };
                        }[];
                    };
                    balanced: {
                        threshold: number;
                        fittedOn?: string[];
                        sensitivity: {
                            value: number;
                            low: number;
                            high: number;
                            n: number;
                        };
                        specificity: {
                            value: number;
                            low: number;
                            high: number;
                            n: number;
                        };
                        unseen?: {
                            source: string;
                            sensitivity: {
                                value: number;
                                low: number;
                                high: number;
                                n: number;
                            };
                            specificity?: {
                                value: number;
                                low: number;
                                high: number;
                                n: number;
                            };
                        }[];
                    };
                };
            } | null;
            selective?: {
                coverage: number;
                threshold: number;
                answered: {
                    value: number;
                    low: number;
                    high: number;
                    n: number;
                };
                balancedAccuracy: {
                    all: {
                        value: number;
                        low: number;
                        high: number;
                        n: number;
                    };
                    answered: {
                        value: number;
                        low: number;
                        high: number;
                        n: number;
                    };
                };
            };
            data: {
                digest: string;
                images: number;
                sources: {
                    name: string;
                    images: number;
                    licences: string[];
                }[];
            };
            training: {
                code: string;
                backend: string;
                seed: number;
                summary: string;
            };
            site?: {
                name: string;
                films: number;
                /** Format: date-time */
                at: string;
                calibration?: {
                    temperature: {
                        value: number;
                        low: number;
                        high: number;
                    };
                    was: number;
                    error: {
                        before: {
                            value: number;
                            low: number;
                            high: number;
                            n: number;
                        };
                        after: {
                            value: number;
                            low: number;
                            high: number;
                            n: number;
                        };
                    };
                };
            };
            outOfDistribution: {
                /** @enum {string} */
                method: "mahalanobis";
                /** @enum {string} */
                output: "ood_score";
                threshold: number;
            } | null;
            regions?: {
                /** @enum {string} */
                output: "regions";
                height: number;
                width: number;
                network: {
                    name: string;
                    version: string;
                    sha256: string;
                };
                error: {
                    level: number;
                    images: number;
                    extent: number;
                    zoneExtent: number;
                    zoneScore: number;
                    score: number;
                };
            };
            /** @enum {string} */
            precision?: "int8";
            int8?: {
                /** @enum {string} */
                method: "minmax" | "entropy";
                images: number;
                webAssembly: boolean;
            };
            files: {
                [key: string]: string;
            };
            preprocessId: string;
        };
        Screening: {
            id: string;
            model: {
                name: string;
                version: string;
                preprocess: string;
                site?: {
                    name: string;
                    films: number;
                    /** Format: date-time */
                    at: string;
                    calibration?: {
                        temperature: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        was: number;
                        error: {
                            before: {
                                value: number;
                                low: number;
                                high: number;
                                n: number;
                            };
                            after: {
                                value: number;
                                low: number;
                                high: number;
                                n: number;
                            };
                        };
                    };
                };
                lungs?: {
                    name: string;
                    version: string;
                    sha256: string;
                };
            };
            classes: {
                id: string;
                finding: boolean;
                name: {
                    en: string;
                    de?: string;
                };
                snomed?: {
                    code: string;
                    display: string;
                };
                codes?: {
                    /** Format: uri */
                    system: string;
                    code: string;
                    display: string;
                }[];
            }[];
            probabilities: {
                [key: string]: number;
            };
            label: string;
            decision: {
                /** @enum {string} */
                outcome: "above-threshold" | "below-thresholds" | "undecided" | "out-of-distribution" | "no-thresholds" | "unsure";
                abstained: boolean;
                above: string[];
                leading: string;
                /** @enum {string|null} */
                operatingPoint: "screening" | "balanced" | "custom" | null;
                classes: {
                    class: string;
                    score: number;
                    threshold: number;
                    positive: boolean;
                    sensitivity?: {
                        value: number;
                        low: number;
                        high: number;
                        n: number;
                    };
                    specificity?: {
                        value: number;
                        low: number;
                        high: number;
                        n: number;
                    };
                    unseen?: {
                        source: string;
                        sensitivity: {
                            value: number;
                            low: number;
                            high: number;
                            n: number;
                        };
                        specificity?: {
                            value: number;
                            low: number;
                            high: number;
                            n: number;
                        };
                    }[];
                    prevalence?: number;
                    ppv?: number;
                    npv?: number;
                }[];
                selective?: {
                    confidence: number;
                    threshold: number;
                    answered: {
                        value: number;
                        low: number;
                        high: number;
                        n: number;
                    };
                    balancedAccuracy: {
                        value: number;
                        low: number;
                        high: number;
                        n: number;
                    };
                };
                headline: string;
            };
            heatmaps: {
                class: string;
                max: number;
                width: number;
                height: number;
                /** @enum {string} */
                encoding: "base64-uint8";
                data: string;
                inLungs?: number;
            }[];
            severity?: {
                /** @enum {boolean} */
                assessable: false;
                reason: {
                    /** @enum {string} */
                    code: "lungs-not-found" | "lungs-cut-off" | "lungs-implausible";
                    detail: string;
                };
            } | {
                /** @enum {boolean} */
                assessable: true;
                score: {
                    value: number;
                    low: number;
                    high: number;
                };
                extent: {
                    left: {
                        value: number;
                        low: number;
                        high: number;
                    };
                    right: {
                        value: number;
                        low: number;
                        high: number;
                    };
                };
                zones: {
                    A: {
                        score: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        extent: {
                            value: number;
                            low: number;
                            high: number;
                        };
                    };
                    B: {
                        score: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        extent: {
                            value: number;
                            low: number;
                            high: number;
                        };
                    };
                    C: {
                        score: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        extent: {
                            value: number;
                            low: number;
                            high: number;
                        };
                    };
                    D: {
                        score: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        extent: {
                            value: number;
                            low: number;
                            high: number;
                        };
                    };
                    E: {
                        score: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        extent: {
                            value: number;
                            low: number;
                            high: number;
                        };
                    };
                    F: {
                        score: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        extent: {
                            value: number;
                            low: number;
                            high: number;
                        };
                    };
                };
                level: number;
                remarks?: ("lungs-cut-off" | "lungs-tilted")[];
            };
            outlines?: {
                A: number[][];
                B: number[][];
                C: number[][];
                D: number[][];
                E: number[][];
                F: number[][];
                right?: number[][];
                left?: number[][];
            };
            image: {
                format: string;
                width: number;
                height: number;
                crop: {
                    x: number;
                    y: number;
                    width: number;
                    height: number;
                };
                placed: {
                    x: number;
                    y: number;
                    width: number;
                    height: number;
                };
                grid: {
                    stride: number;
                    offset: number;
                };
            };
            quality: {
                warnings: {
                    code: string;
                    detail: string;
                }[];
            };
            /** @enum {string} */
            preprocessedBy: "service" | "client";
            /** @enum {string} */
            servedBy: "gpu" | "edge";
            computedOn?: {
                provider: string;
                adapter: string;
                /** @enum {string} */
                precision?: "fp32" | "int8";
            };
            /** @enum {string} */
            disclaimer: "Research software, not a medical device. The scores assist a qualified reader; they are not a diagnosis.";
        };
        Job: {
            id: string;
            /** @enum {string} */
            status: "queued" | "succeeded" | "failed" | "cancelled";
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string;
            screening?: components["schemas"]["Screening"];
            problem?: components["schemas"]["Problem"];
        };
        Batch: {
            id: string;
            name: string;
            /** @enum {string} */
            status: "loading" | "running" | "paused" | "cancelling" | "cancelled" | "completed";
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            endedAt: string | null;
            /** Format: date-time */
            expiresAt: string | null;
            items: {
                total: number;
                succeeded: number;
                failed: number;
                cancelled: number;
                waiting: number;
            };
            fhir: boolean;
            itemsPerMinute: number | null;
            /** Format: date-time */
            estimatedEndAt: string | null;
            problem?: components["schemas"]["Problem"];
        };
        BatchFailure: {
            item: number;
            id?: string;
            source: string;
            attempts: number;
            problem: components["schemas"]["Problem"];
        };
        Comparison: {
            id: string;
            model: {
                name: string;
                version: string;
            };
            films: {
                screening: string;
                position: number;
                /** Format: date */
                taken?: string;
                severity: {
                    /** @enum {boolean} */
                    assessable: false;
                    reason: {
                        /** @enum {string} */
                        code: "lungs-not-found" | "lungs-cut-off" | "lungs-implausible";
                        detail: string;
                    };
                } | {
                    /** @enum {boolean} */
                    assessable: true;
                    score: {
                        value: number;
                        low: number;
                        high: number;
                    };
                    extent: {
                        left: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        right: {
                            value: number;
                            low: number;
                            high: number;
                        };
                    };
                    zones: {
                        A: {
                            score: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            extent: {
                                value: number;
                                low: number;
                                high: number;
                            };
                        };
                        B: {
                            score: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            extent: {
                                value: number;
                                low: number;
                                high: number;
                            };
                        };
                        C: {
                            score: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            extent: {
                                value: number;
                                low: number;
                                high: number;
                            };
                        };
                        D: {
                            score: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            extent: {
                                value: number;
                                low: number;
                                high: number;
                            };
                        };
                        E: {
                            score: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            extent: {
                                value: number;
                                low: number;
                                high: number;
                            };
                        };
                        F: {
                            score: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            extent: {
                                value: number;
                                low: number;
                                high: number;
                            };
                        };
                    };
                    level: number;
                    remarks?: ("lungs-cut-off" | "lungs-tilted")[];
                };
            }[];
            /** @enum {string} */
            order: "study-date" | "given";
            steps: {
                from: number;
                to: number;
                days?: number;
                /** @enum {string} */
                trend: "better" | "unchanged" | "worse" | "cannot-tell";
                headline: string;
                reason?: {
                    /** @enum {string} */
                    code: "lungs-not-found" | "lungs-cut-off" | "lungs-implausible" | "lungs-do-not-match" | "zones-disagree" | "not-measured";
                    detail: string;
                };
                changes?: {
                    score: {
                        from: number;
                        to: number;
                        change: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        /** @enum {string} */
                        trend: "better" | "unchanged" | "worse";
                    };
                    extent: {
                        left: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        right: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        both: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                    };
                    zones: {
                        A: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        B: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        C: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        D: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        E: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        F: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                    };
                };
                alignment?: {
                    affine: [
                        number,
                        number,
                        number,
                        number,
                        number,
                        number
                    ];
                    overlap: number;
                    correlation: number;
                    mirrored: boolean;
                };
                remarks: {
                    /** @enum {string} */
                    code: "sides-exchanged" | "sides-uncertain" | "sides-unchecked" | "same-film" | "maybe-more" | "maybe-less";
                    detail: string;
                }[];
            }[];
            overall: {
                from: number;
                to: number;
                days?: number;
                /** @enum {string} */
                trend: "better" | "unchanged" | "worse" | "cannot-tell";
                headline: string;
                reason?: {
                    /** @enum {string} */
                    code: "lungs-not-found" | "lungs-cut-off" | "lungs-implausible" | "lungs-do-not-match" | "zones-disagree" | "not-measured";
                    detail: string;
                };
                changes?: {
                    score: {
                        from: number;
                        to: number;
                        change: {
                            value: number;
                            low: number;
                            high: number;
                        };
                        /** @enum {string} */
                        trend: "better" | "unchanged" | "worse";
                    };
                    extent: {
                        left: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        right: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        both: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                    };
                    zones: {
                        A: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        B: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        C: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        D: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        E: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                        F: {
                            from: number;
                            to: number;
                            change: {
                                value: number;
                                low: number;
                                high: number;
                            };
                            /** @enum {string} */
                            trend: "better" | "unchanged" | "worse";
                        };
                    };
                };
                alignment?: {
                    affine: [
                        number,
                        number,
                        number,
                        number,
                        number,
                        number
                    ];
                    overlap: number;
                    correlation: number;
                    mirrored: boolean;
                };
                remarks: {
                    /** @enum {string} */
                    code: "sides-exchanged" | "sides-uncertain" | "sides-unchecked" | "same-film" | "maybe-more" | "maybe-less";
                    detail: string;
                }[];
            };
            smallestChange: {
                score: number;
                bothExtent: number;
                extent: number;
                zoneExtent: number;
                level: number;
            };
            remarks: {
                /** @enum {string} */
                code: "sides-exchanged" | "sides-uncertain" | "sides-unchecked" | "same-film" | "maybe-more" | "maybe-less" | "order-given" | "order-within-day" | "patients-differ" | "patient-unknown";
                detail: string;
            }[];
            screenings: components["schemas"]["Screening"][];
            notice: string;
            /** @enum {string} */
            disclaimer: "Research software, not a medical device. The scores assist a qualified reader; they are not a diagnosis.";
        };
        Account: {
            id: string;
            name: string;
            plan: {
                /** @enum {string} */
                kind: "prepaid";
            } | {
                /** @enum {string} */
                kind: "quota";
                perMonth: number;
            } | {
                /** @enum {string} */
                kind: "postpaid";
            };
            limits: {
                perMinute: number;
                perKeyPerMinute: number;
                concurrent: number;
                testPerDay: number;
            };
            settings: {
                operatingPoint: ("screening" | "balanced") | {
                    thresholds: {
                        [key: string]: number;
                    };
                };
                selective?: boolean;
                prevalence: {
                    [key: string]: number;
                };
                /** @enum {string} */
                fallback?: "edge" | "fail";
                keepHours?: number;
                keepObjects?: ("sr" | "measurements" | "sc" | "seg" | "gsps" | "pdf")[];
            };
            billingCustomer?: string;
            credits: number;
            /** Format: date-time */
            createdAt: string;
        };
        Key: {
            id: string;
            prefix: string;
            name: string;
            /** @enum {string} */
            mode: "live" | "test";
            scopes: ("screenings:write" | "screenings:read" | "usage:read" | "keys:write" | "account:write")[];
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string | null;
            /** Format: date-time */
            revokedAt: string | null;
        };
        CreatedKey: {
            id: string;
            prefix: string;
            name: string;
            /** @enum {string} */
            mode: "live" | "test";
            scopes: ("screenings:write" | "screenings:read" | "usage:read" | "keys:write" | "account:write")[];
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string | null;
            /** Format: date-time */
            revokedAt: string | null;
            key: string;
        };
        Webhook: {
            id: string;
            /** Format: uri */
            url: string;
            /** Format: date-time */
            createdAt: string;
        };
        CreatedWebhook: {
            id: string;
            /** Format: uri */
            url: string;
            /** Format: date-time */
            createdAt: string;
            secret: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `ok`, or `degraded`: a part is away, and another one answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `failing`: nobody answers, or with another model */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    getModel: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The manifest */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createScreening: {
        parameters: {
            query?: never;
            header?: {
                /** @description For 24 h a repeat with the same key and image, or the image’s tensor, gets the same answer and is not charged. */
                "idempotency-key"?: string;
                /** @description `respond-async`: answer 202 at once; fetch the answer from `Location`, or have a webhook tell when it is there. For JSON alone: other representations need the image, which is not kept, and are answered at once. */
                prefer?: string;
                /** @description With a tensor: bytes of the JSON part of the body (Open Inference Protocol v2, binary tensor data). */
                "inference-header-content-length"?: string;
                /** @description Of what people read in the answer: `en` or `de`. `Content-Language` says which it is. */
                "accept-language"?: string;
                /** @description FHIR reference of the patient, passed through into FHIR answers */
                "fhir-subject"?: string;
                /** @description FHIR reference of the imaging study, passed through into FHIR answers */
                "fhir-imaging-study"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "image/png": string;
                "image/jpeg": string;
                "application/dicom": string;
                "application/vnd.detl.tensor": string;
                "multipart/form-data": {
                    /** Format: binary */
                    image: string;
                };
            };
        };
        responses: {
            /** @description Scores and heat maps, in the representation that `Accept` asks for */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Screening"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "DiagnosticReport" | "Bundle";
                    } & {
                        [key: string]: unknown;
                    };
                    "application/dicom": string;
                    "image/png": string;
                    "application/pdf": string;
                    "multipart/related": string;
                };
            };
            /** @description Accepted with `Prefer: respond-async`; the answer will be at `Location` */
            202: {
                headers: {
                    location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @enum {string} */
                        status: "queued" | "succeeded" | "failed" | "cancelled";
                    };
                };
            };
            /** @description `request-invalid`: The request is not valid. `image-missing`: The request has no image. `upload-incomplete`: The request body broke off. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `credits-exhausted`: There are no credits left. */
            402: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `upload-timeout`: The request body did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `conflict`: The request conflicts with what is there. `idempotency-in-flight`: A request with this Idempotency-Key is in progress. `idempotency-stale`: The model changed since the first request with this Idempotency-Key. `preprocess-mismatch`: The tensor was made by another preprocess specification. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `image-too-large`: The image exceeds the size limit. `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `encoding-unsupported`: The encoding of the request body is not supported. `image-unsupported`: The image format is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `image-undecodable`: The image could not be decoded. `image-unsuitable`: The image is not a frontal chest X-ray that can be scored. `idempotency-mismatch`: The Idempotency-Key was used with another body. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `quota-exhausted`: The quota is used up. `concurrency-limited`: Too many screenings are in progress. `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `upstream-invalid`: Inference answered something unexpected. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `upstream-unavailable`: Inference is not available. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `upstream-timeout`: Inference did not answer in time. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    getScreening: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteScreening: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job as it was */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBatches: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Batches */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        batches: components["schemas"]["Batch"][];
                    };
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createBatch: {
        parameters: {
            query?: {
                /** @description How it is called in lists */
                name?: string;
                /** @description Keep FHIR reports of the results too */
                fhir?: boolean;
                /** @description Begin only with `resume` */
                paused?: boolean;
            };
            header?: {
                /** @description A repeat with the same key gets the same batch, whatever its body is. */
                "idempotency-key"?: string;
                /** @description `Authorization` for the DICOMweb servers of the manifest; other hosts do not get it. Kept sealed. */
                "source-authorization"?: string;
                /** @description Of what people read in results: `en` or `de` */
                "accept-language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-ndjson": string;
                "text/csv": string;
            };
        };
        responses: {
            /** @description The batch that an earlier request with this Idempotency-Key made */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description The batch */
            201: {
                headers: {
                    location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. `idempotency-in-flight`: A request with this Idempotency-Key is in progress. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `encoding-unsupported`: The encoding of the request body is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rerunBatch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                batch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The batch as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Batch"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listBatchFailures: {
        parameters: {
            query?: {
                /** @description `next` of the page before */
                after?: number | null;
                limit?: number;
            };
            header?: never;
            path: {
                batch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Failed items; `next` where there may be more */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        failures: components["schemas"]["BatchFailure"][];
                        next?: number;
                    };
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBatchResults: {
        parameters: {
            query?: {
                /** @description Of Bundles: from the link `next` of the one before */
                after?: number | null;
            };
            header?: never;
            path: {
                batch: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Results */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": string;
                    "text/csv": string;
                    "application/fhir+ndjson": string;
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "Bundle";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchForStudies: {
        parameters: {
            query?: {
                /** @description At most so many; 1000 where it is absent or more */
                limit?: string;
                /** @description So many are left out first */
                offset?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description Nothing was found */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storeInstances: {
        parameters: {
            query?: never;
            header?: {
                /** @description With it and its SOP Instance UID an object is known again; without it, by the latter and the model. */
                "idempotency-key"?: string;
                /** @description Of what people read: `en` or `de` */
                "accept-language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/related": string;
                "application/dicom": string;
            };
        };
        responses: {
            /** @description Every object was screened */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    };
                    "application/dicom+xml": string;
                };
            };
            /** @description Some objects were screened; the others stand in the Failed SOP Sequence */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    };
                    "application/dicom+xml": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. `image-missing`: The request has no image. `upload-incomplete`: The request body broke off. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `upload-timeout`: The request body did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No object was screened; each stands in the Failed SOP Sequence with its reason */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    };
                    "application/dicom+xml": string;
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `image-unsupported`: The image format is not supported. `encoding-unsupported`: The encoding of the request body is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No object could be screened now, or `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    };
                    "application/dicom+xml": string;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retrieveStudy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Reports and heat maps */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storeStudyInstances: {
        parameters: {
            query?: never;
            header?: {
                /** @description With it and its SOP Instance UID an object is known again; without it, by the latter and the model. */
                "idempotency-key"?: string;
                /** @description Of what people read: `en` or `de` */
                "accept-language"?: string;
            };
            path: {
                /** @description Study Instance UID */
                study: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/related": string;
                "application/dicom": string;
            };
        };
        responses: {
            /** @description Every object was screened */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    };
                    "application/dicom+xml": string;
                };
            };
            /** @description Some objects were screened; the others stand in the Failed SOP Sequence */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    };
                    "application/dicom+xml": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. `image-missing`: The request has no image. `upload-incomplete`: The request body broke off. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `upload-timeout`: The request body did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No object was screened; each stands in the Failed SOP Sequence with its reason */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    };
                    "application/dicom+xml": string;
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `image-unsupported`: The image format is not supported. `encoding-unsupported`: The encoding of the request body is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No object could be screened now, or `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    };
                    "application/dicom+xml": string;
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteStudy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchForSeries: {
        parameters: {
            query?: {
                /** @description At most so many; 1000 where it is absent or more */
                limit?: string;
                /** @description So many are left out first */
                offset?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description Nothing was found */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchForInstances: {
        parameters: {
            query?: {
                /** @description At most so many; 1000 where it is absent or more */
                limit?: string;
                /** @description So many are left out first */
                offset?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description Nothing was found */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchForStudySeries: {
        parameters: {
            query?: {
                /** @description At most so many; 1000 where it is absent or more */
                limit?: string;
                /** @description So many are left out first */
                offset?: string;
            };
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description Nothing was found */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchForStudyInstances: {
        parameters: {
            query?: {
                /** @description At most so many; 1000 where it is absent or more */
                limit?: string;
                /** @description So many are left out first */
                offset?: string;
            };
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description Nothing was found */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    searchForStudySeriesInstances: {
        parameters: {
            query?: {
                /** @description At most so many; 1000 where it is absent or more */
                limit?: string;
                /** @description So many are left out first */
                offset?: string;
            };
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description Nothing was found */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retrieveStudyMetadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description DICOM JSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retrieveSeries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Reports and heat maps */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSeries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retrieveSeriesMetadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description DICOM JSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retrieveInstance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
                /** @description SOP Instance UID */
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Reports and heat maps */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": string;
                    "application/dicom": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteInstance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
                /** @description SOP Instance UID */
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retrieveInstanceMetadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
                /** @description SOP Instance UID */
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description DICOM JSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": {
                        [key: string]: {
                            vr: string;
                        } & {
                            [key: string]: unknown;
                        };
                    }[];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retrieveFrames: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
                /** @description SOP Instance UID */
                instance: string;
                /** @description Numbers from 1, with commas between them */
                frames: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": string;
                    "application/octet-stream": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retrieveBulkdata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Study Instance UID */
                study: string;
                /** @description Series Instance UID */
                series: string;
                /** @description SOP Instance UID */
                instance: string;
                /** @description As its metadata have it */
                tag: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Bytes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": string;
                    "application/octet-stream": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createComparison: {
        parameters: {
            query?: {
                /** @description With `true`, films whose headers name different patients are compared all the same, and the answer says so. */
                "allow-different-patients"?: "true" | "false";
            };
            header?: {
                /** @description For 24 h a repeat with the same key and films gets the same screenings, and none is charged. */
                "idempotency-key"?: string;
                /** @description Of what people read in the answer: `en` or `de`. */
                "accept-language"?: string;
                /** @description FHIR reference of the patient, passed through into FHIR answers */
                "fhir-subject"?: string;
                /** @description FHIR reference of the last film’s imaging study, passed through into FHIR answers */
                "fhir-imaging-study"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    image: string[];
                    screening?: string[];
                };
                "application/json": {
                    screenings: string[];
                };
            };
        };
        responses: {
            /** @description What changed, in the representation that `Accept` asks for */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "Observation";
                    } & {
                        [key: string]: unknown;
                    };
                    "application/dicom": string;
                    "image/png": string;
                    "multipart/related": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. `image-missing`: The request has no image. `upload-incomplete`: The request body broke off. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `credits-exhausted`: There are no credits left. */
            402: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `not-acceptable`: None of the accepted media types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `upload-timeout`: The request body did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `conflict`: The request conflicts with what is there. `idempotency-in-flight`: A request with this Idempotency-Key is in progress. `idempotency-stale`: The model changed since the first request with this Idempotency-Key. `preprocess-mismatch`: The tensor was made by another preprocess specification. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `image-too-large`: The image exceeds the size limit. `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `encoding-unsupported`: The encoding of the request body is not supported. `image-unsupported`: The image format is not supported. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `image-undecodable`: The image could not be decoded. `image-unsuitable`: The image is not a frontal chest X-ray that can be scored. `patients-differ`: The films name different patients. `comparison-unavailable`: These screenings cannot be compared. `idempotency-mismatch`: The Idempotency-Key was used with another body. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `quota-exhausted`: The quota is used up. `concurrency-limited`: Too many screenings are in progress. `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `upstream-invalid`: Inference answered something unexpected. */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `upstream-unavailable`: Inference is not available. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description `upstream-timeout`: Inference did not answer in time. */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                    "application/fhir+json": {
                        /** @enum {string} */
                        resourceType: "OperationOutcome";
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
        };
    };
    getAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the account as it was read: the change is refused where it was changed since. */
                "if-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    operatingPoint: ("screening" | "balanced") | {
                        thresholds: {
                            [key: string]: number;
                        };
                    };
                    selective?: boolean;
                    prevalence: {
                        [key: string]: number;
                    };
                    /** @enum {string} */
                    fallback?: "edge" | "fail";
                    keepHours?: number;
                    keepObjects?: ("sr" | "measurements" | "sc" | "seg" | "gsps" | "pdf")[];
                };
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: What was to be changed has been changed since it was read. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the account as it was read: the change is refused where it was changed since. */
                "if-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/merge-patch+json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: What was to be changed has been changed since it was read. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUsage: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Usage; the last 31 days unless `from` and `to` (both inclusive, UTC) say otherwise */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        usage: {
                            /** Format: date */
                            day: string;
                            key: string;
                            /** @enum {string} */
                            mode: "live" | "test";
                            outcome: string;
                            screenings: number;
                            billed: number;
                        }[];
                    };
                    "text/csv": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAudit: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next` of the page before */
                before?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Audit log; `next` where there is more */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        entries: {
                            /** Format: date-time */
                            at: string;
                            actor: string;
                            action: string;
                            code?: string;
                            detail: string;
                        }[];
                        next?: string;
                    };
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: components["schemas"]["Key"][];
                    };
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @enum {string} */
                    mode: "live" | "test";
                    /**
                     * @default [
                     *       "screenings:write",
                     *       "screenings:read",
                     *       "usage:read"
                     *     ]
                     */
                    scopes?: ("screenings:write" | "screenings:read" | "usage:read" | "keys:write" | "account:write")[];
                    /** Format: date-time */
                    expiresAt?: string;
                };
            };
        };
        responses: {
            /** @description The key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 86400 */
                    overlapSeconds?: number;
                };
            };
        };
        responses: {
            /** @description The new key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Webhooks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        webhooks: components["schemas"]["Webhook"][];
                    };
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: uri */
                    url: string;
                };
            };
        };
        responses: {
            /** @description The webhook */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedWebhook"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `webhook-refused`: The address cannot receive webhooks. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is told no more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. `token-invalid`: The token is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `rate-limited`: Too many requests. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `issuer-unavailable`: The keys of the token’s issuer cannot be read. `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accounts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        accounts: string[];
                    };
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putAccount: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the account as it was read: the change is refused where it was changed since. */
                "if-match"?: string;
            };
            path: {
                account: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    plan: {
                        /** @enum {string} */
                        kind: "prepaid";
                    } | {
                        /** @enum {string} */
                        kind: "quota";
                        perMonth: number;
                    } | {
                        /** @enum {string} */
                        kind: "postpaid";
                    };
                    /** @default {} */
                    limits?: {
                        perMinute?: number;
                        perKeyPerMinute?: number;
                        concurrent?: number;
                        testPerDay?: number;
                    };
                    billingCustomer?: string;
                };
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: What was to be changed has been changed since it was read. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchAccount: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the account as it was read: the change is refused where it was changed since. */
                "if-match"?: string;
            };
            path: {
                account: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/merge-patch+json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: What was to be changed has been changed since it was read. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addCredits: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    amount: number;
                    reference: string;
                };
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reconcile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: date-time */
                    from: string;
                    /** Format: date-time */
                    to: string;
                };
            };
        };
        responses: {
            /** @description Charged here, reported there; whole minutes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        accounts: {
                            account: string;
                            charged: number;
                            reported: number;
                            difference: number;
                        }[];
                    };
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminGetAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the account */
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminPutSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the account as it was read: the change is refused where it was changed since. */
                "if-match"?: string;
            };
            path: {
                /** @description Id of the account */
                account: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    operatingPoint: ("screening" | "balanced") | {
                        thresholds: {
                            [key: string]: number;
                        };
                    };
                    selective?: boolean;
                    prevalence: {
                        [key: string]: number;
                    };
                    /** @enum {string} */
                    fallback?: "edge" | "fail";
                    keepHours?: number;
                    keepObjects?: ("sr" | "measurements" | "sc" | "seg" | "gsps" | "pdf")[];
                };
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: What was to be changed has been changed since it was read. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminPatchSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of the account as it was read: the change is refused where it was changed since. */
                "if-match"?: string;
            };
            path: {
                /** @description Id of the account */
                account: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/merge-patch+json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: What was to be changed has been changed since it was read. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminGetUsage: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
            };
            header?: never;
            path: {
                /** @description Id of the account */
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Usage; the last 31 days unless `from` and `to` (both inclusive, UTC) say otherwise */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        usage: {
                            /** Format: date */
                            day: string;
                            key: string;
                            /** @enum {string} */
                            mode: "live" | "test";
                            outcome: string;
                            screenings: number;
                            billed: number;
                        }[];
                    };
                    "text/csv": string;
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminGetAudit: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next` of the page before */
                before?: string;
            };
            header?: never;
            path: {
                /** @description Id of the account */
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Audit log; `next` where there is more */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        entries: {
                            /** Format: date-time */
                            at: string;
                            actor: string;
                            action: string;
                            code?: string;
                            detail: string;
                        }[];
                        next?: string;
                    };
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminListKeys: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the account */
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: components["schemas"]["Key"][];
                    };
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminCreateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the account */
                account: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @enum {string} */
                    mode: "live" | "test";
                    /**
                     * @default [
                     *       "screenings:write",
                     *       "screenings:read",
                     *       "usage:read"
                     *     ]
                     */
                    scopes?: ("screenings:write" | "screenings:read" | "usage:read" | "keys:write" | "account:write")[];
                    /** Format: date-time */
                    expiresAt?: string;
                };
            };
        };
        responses: {
            /** @description The key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminRotateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the account */
                account: string;
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 86400 */
                    overlapSeconds?: number;
                };
            };
        };
        responses: {
            /** @description The new key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `conflict`: The request conflicts with what is there. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `body-too-large`: The request body exceeds the size limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    adminRevokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of the account */
                account: string;
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            /** @description `request-invalid`: The request is not valid. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `key-missing`: An API key is required. `key-invalid`: The API key is not valid. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `scope-missing`: The key may not do this. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: There is nothing at this address. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: Internal error. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `overloaded`: There is more work than can be done in time. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}

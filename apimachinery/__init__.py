"""What both processes share: objects, errors, selectors, patches, schemas, time. No IO and no HTTP here."""

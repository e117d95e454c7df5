//! The backend client: remote procedure calls over PostgREST, sign-in with GoTrue.

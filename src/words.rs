//! Every sentence a person reads: one catalogue.

//! Effect → worker → Event: stamps time and draws ids for the core.

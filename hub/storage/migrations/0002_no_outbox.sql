-- Nothing read it: who watches live is told by the process that commits, and looks anew when it comes back.
drop table outbox;

"""Models of other code as checkpoint folders of ours: AutoGraph's, LU's and `transformers`' own."""

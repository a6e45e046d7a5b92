"""Counting what objects use of a ResourceQuota, kind by kind. Models pkg/quota/v1/evaluator/core."""

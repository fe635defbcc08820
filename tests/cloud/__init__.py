"""The Cloud API: driver, webhook and the choice by tenant, against a fake Graph."""

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>Takes a record with its key; the record is gone when this returns.</summary>
internal delegate void KeyedSink(UInt128 key, ReadOnlySpan<byte> record);

/// <summary>Takes a record together with the keys of its part.</summary>
internal delegate void JoinSink(NumberedKeys keys, ReadOnlySpan<byte> record);

/// <summary>Brings records together with keys, though not all keys are in memory at once: what is read is set aside by parts of the keys, unless there is one part only.</summary>
internal static class KeyedScan
{
    /// <summary>Reads records once, and gives each to <paramref name="take"/> with the keys among which its own would be.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="room">Room for it.</param>
    /// <param name="name">What its files are called.</param>
    /// <param name="scan">Reads all records, on several threads if it likes, and gives each to what it is called with.</param>
    /// <param name="take">Takes each, on several threads at once.</param>
    public static void Join(NumberedKeyFiles keys, RankingRoom room, string name, Action<KeyedSink> scan, JoinSink take)
    {
        if (keys.Parts == 1)
        {
            using var all = keys.Read(0);
            scan((_, record) => take(all, record));
            return;
        }

        using var aside = new KeyedRecords(room, name, keys.Parts);
        scan(aside.Add);
        for (var part = 0; part < keys.Parts; part++)
        {
            using var some = keys.Read(part);
            aside.Take(part, record => take(some, record));
        }
    }
}

using System.Numerics;
using Lacquer.Formats.Databases;

namespace Lacquer.Formats.Deltas;

/// <summary>
/// Finds the things of one kind again: those known by an id by that, others by all that their rows say. Both by a hash alone, as whoever is taken for another merely has more columns that changed. In memory: 20 bytes
/// a thing of the old catalogue, 12 of the new one.
/// </summary>
internal static class KindMatch
{
    private const ulong Seed = 0xCBF29CE484222325;
    private const ulong Nothing = 0x9E3779B97F4A7C15;

    /// <summary>Gives for each thing of the new catalogue its old number, or 0, and how many things the old one has.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="tables">All tables.</param>
    /// <param name="old">The old catalogue.</param>
    /// <param name="actual">The new one.</param>
    /// <param name="orders">Of the kinds before this.</param>
    public static (int OldCount, uint[] OldOf) Run(DeltaKind kind, IReadOnlyList<TableModel> tables, DatabaseReader old, DatabaseReader actual, IReadOnlyList<KindOrder?> orders)
    {
        var before = Hashes(kind, tables, old, null);
        var now = Hashes(kind, tables, actual, orders);
        var slots = new uint[before.Count * 2 + 1];
        for (var number = 1; number < before.Count; number++)
        {
            var slot = Slot(before[number], slots.Length);
            while (slots[slot] != 0)
                slot = slot + 1 == slots.Length ? 0 : slot + 1;
            slots[slot] = (uint)number;
        }

        var oldOf = new uint[now.Count];
        for (var number = 1; number < now.Count; number++)
            for (var slot = Slot(now[number], slots.Length); slots[slot] != 0; slot = slot + 1 == slots.Length ? 0 : slot + 1)
                if (before[(int)slots[slot]] is var hash && hash == now[number] && hash != 0)
                {
                    oldOf[number] = slots[slot];
                    // Each is found once.
                    before[(int)slots[slot]] = 0;
                    break;
                }

        return (before.Count - 1, oldOf);
    }

    private static int Slot(ulong hash, int slots) => (int)(hash % (ulong)slots);

    // By number, from 1; 0 where there is no such thing.
    private static List<ulong> Hashes(DeltaKind kind, IReadOnlyList<TableModel> tables, DatabaseReader database, IReadOnlyList<KindOrder?>? orders)
    {
        var hashes = new List<ulong> { 0 };
        foreach (var name in DeltaModel.TablesOf(kind))
        {
            var table = tables.First(t => t.Name == name);
            var columns = table.Columns.All;
            var only = DeltaModel.NameOf(kind) is { } known ? columns.ToList().FindIndex(c => c.Name == known) : -1;
            var rows = database.Rows(table.Number);
            for (rows.Begin(); rows.IsAtRow; rows.Next())
            {
                var number = rows.First;
                if (number < 1 || number > database.LengthBytes)
                    throw new InvalidDataException($"{name} has a row {number}");
                while (hashes.Count <= number)
                    hashes.Add(0);
                var hash = hashes[(int)number] == 0 ? Seed : hashes[(int)number];
                for (var column = 1; column < columns.Count; column++)
                    if (only < 0 || column == only)
                        hash = Mix(hash, Hash(rows, column, table, orders));
                hashes[(int)number] = hash;
            }
        }

        return hashes;
    }

    private static ulong Hash(TableCursor rows, int column, TableModel table, IReadOnlyList<KindOrder?>? orders)
    {
        if (rows.IsNull(column))
            return Nothing;
        if (table.Columns.All[column].Kind == ColumnKind.Integer)
        {
            var value = (ulong)rows.Int64(column);
            // Of the new catalogue by the old numbers. What is new is none of the old ones.
            if (orders is null || table.References[column] is not { } kind)
                return value;
            var oldOf = orders[(int)kind]!.OldOf;
            return value < (ulong)oldOf.Length && oldOf[value] != 0 ? oldOf[value] : value | 1UL << 63;
        }

        var hash = Seed;
        foreach (var letter in rows.Bytes(column))
            hash = (hash ^ letter) * 0x100000001B3;
        return hash;
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (BitOperations.RotateLeft(hash, 31) ^ value) * 0xBF58476D1CE4E5B9;
        hash ^= hash >> 32;
        return hash == 0 ? Seed : hash;
    }
}
